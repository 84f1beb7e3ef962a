// Shows /openapi.json as a page: every operation with what it takes and gives.
// It must not know any operation; everything shown comes out of the document.

import { byId, make } from "./dom.js";

const DEEPEST = 4; // levels of nested objects that are written out

/** @typedef {Record<string, any>} Json */

/** @type {Json} */
let spec = {};

/** @param {Json} schema @returns {Json} the schema itself, references followed */
function followed(schema) {
  while (schema?.$ref) {
    schema = schema.$ref.split("/").slice(1).reduce((/** @type {Json} */ at, /** @type {string} */ key) => at[key], spec);
  }
  return schema ?? {};
}

/** @param {Json} schema @returns {string} its type in a word or two */
function typeName(schema) {
  const own = followed(schema);
  if (own.anyOf || own.oneOf) return (own.anyOf ?? own.oneOf).map(typeName).join(" | ");
  if (own.const !== undefined) return JSON.stringify(own.const);
  if (own.enum) return own.enum.map((/** @type {unknown} */ one) => JSON.stringify(one)).join(" | ");
  if (own.type === "array") return `${own.items ? typeName(own.items) : "any"}[]`;
  const range = [
    own.minimum !== undefined && `≥ ${own.minimum}`,
    own.maximum !== undefined && `≤ ${own.maximum}`,
    own.minLength !== undefined && own.minLength > 1 && `≥ ${own.minLength} chars`,
    own.maxLength !== undefined && `≤ ${own.maxLength} chars`,
  ].filter(Boolean);
  const name = (own.properties && own.title) || own.format || own.type || "any";
  return range.length ? `${name} (${range.join(", ")})` : name;
}

/** @param {Json} schema @returns {Json} the object inside of arrays and choices, if there is one */
function objectIn(schema) {
  const own = followed(schema);
  if (own.properties) return own;
  for (const inner of [own.items, ...(own.anyOf ?? own.oneOf ?? [])].filter(Boolean)) {
    const found = objectIn(inner);
    if (found.properties) return found;
  }
  return {};
}

/** @param {Json} schema @param {string} before @param {number} depth @returns {HTMLElement[]} a row a field */
function rows(schema, before = "", depth = 0) {
  const own = objectIn(schema);
  const required = new Set(own.required ?? []);
  return Object.entries(own.properties ?? {}).flatMap(([name, field]) => [
    row(before + name, field, required.has(name)),
    ...(depth < DEEPEST ? rows(field, `${before}${name}.`, depth + 1) : []),
  ]);
}

/** @param {string} name @param {Json} schema @param {boolean} required */
function row(name, schema, required) {
  const own = followed(schema);
  const otherwise = own.default !== undefined && own.default !== null ? ` = ${JSON.stringify(own.default)}` : "";
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, name, required && make("span", { class: "must", title: "required" }, " *")),
    make("td", { class: "type" }, typeName(schema) + otherwise),
    make("td", {}, schema.description ?? own.description ?? ""),
  );
}

/** @param {HTMLElement[]} lines */
const table = (lines) => lines.length > 0 && make("table", { class: "fields" }, make("tbody", {}, ...lines));

/** @param {string} title @param {Json} [content] media type → schema */
function bodies(title, content = {}) {
  return Object.entries(content).flatMap(([media, { schema }]) => [
    make("h3", {}, `${title} · ${media}`),
    table(rows(schema)),
  ]);
}

/** @param {string} path @param {string} method @param {Json} operation */
function operationOf(path, method, operation) {
  const codes = Object.entries(operation.responses);
  const good = codes.filter(([status]) => status < "4");
  const bad = codes.filter(([status]) => status >= "4" && status !== "default");
  const parameters = (operation.parameters ?? []).map((/** @type {Json} */ one) =>
    row(`${one.name} (${one.in})`, one.schema, one.required),
  );
  return make(
    "details",
    { class: "operation", id: operation.operationId },
    make(
      "summary",
      {},
      make("span", { class: `method ${method}` }, method.toUpperCase()),
      make("span", { class: "path" }, path),
      make("span", { class: "summary" }, operation.summary ?? ""),
    ),
    make(
      "div",
      { class: "detail" },
      operation.description && make("p", {}, operation.description),
      parameters.length > 0 && make("h3", {}, "Parameters"),
      table(parameters),
      ...bodies("Body", operation.requestBody?.content),
      ...good.flatMap(([status, { content }]) =>
        content ? bodies(status, content) : [make("h3", {}, `${status} · no content`)],
      ),
      bad.length > 0 && make("h3", {}, "Errors"),
      ...bad.map(([status, { description }]) => make("p", { class: "codes" }, `${status} · ${description}`)),
    ),
  );
}

function show() {
  byId("title").textContent = spec.info.title;
  byId("about").textContent = spec.info.description;
  byId("release").textContent = `OpenAPI ${spec.openapi} · ${spec.info.version}`;
  const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = spec.tags.map((/** @type {Json} */ tag) => ({
    tag,
    mine: operations.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  byId("contents").append(
    ...sections.map((/** @type {Json} */ { tag }) => make("a", { href: `#tag-${tag.name}` }, tag.description)),
  );
  byId("operations").replaceChildren(
    ...sections.map((/** @type {Json} */ { tag, mine }) =>
      make(
        "section",
        {},
        make("h2", { id: `tag-${tag.name}` }, tag.description),
        ...mine.map((/** @type {Json} */ one) => operationOf(one.path, one.method, one.operation)),
      ),
    ),
  );
  byId("operations").setAttribute("aria-busy", "false");
}

try {
  spec = await (await fetch("/openapi.json")).json();
  show();
} catch (error) {
  byId("operations").replaceChildren(make("p", { role: "alert" }, `openapi.json을 읽지 못했어요. (${error})`));
}
