"""Written Korean to sound: spelling out, standard pronunciation, phonemes, clauses.

It must not know any synthesizer, nor what is being said; everything here is a pure function of text.
"""
