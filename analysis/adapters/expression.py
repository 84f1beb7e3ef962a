"""Which expression model there is: the one asked for, else the small packaged network, else none (the plain rule).

It must not know calls. Chosen once, at the start; its name goes into every result.
"""

from __future__ import annotations

import os

from analysis.adapters.device import Wanted, chosen, wanted_here
from analysis.engines import ExpressionClassifier
from media.errors import DeyeonsoError
from media.weights import Weights

FILES = ("face_expression_model.bin", "face_expression_model-weights_manifest.json")


def chosen_classifier(
    weights: Weights, model: str | None = None, device: Wanted | None = None
) -> ExpressionClassifier | None:
    """`model`: hub id or folder, by default what EXPRESSION_MODEL says. None: only the blendshape rule is left.

    `device`: by default what DEVICE says. Raises `expression_unloadable` where a model was asked for and cannot be
    had, `bad_config` where CUDA was asked for and cannot be had.
    """
    model = os.environ.get("EXPRESSION_MODEL", "") if model is None else model
    device = device or wanted_here()
    if model:
        from analysis.adapters.vit import VitExpression

        return VitExpression(model, chosen(device, "torch"))
    try:
        files = [weights.path(f"expression/{name}") for name in FILES]
    except DeyeonsoError:
        return None
    from analysis.adapters.face_api import FaceApiExpression

    return FaceApiExpression(files[0].parent, chosen(device, "onnxruntime"))
