"""Fits the weights of shot detection anew: `python -m eval.fit_shots FOLDER`.

`FOLDER` has two halves, `tune/` and `held/`, each with clips that show one shot and with
photographs, in any format. Of each half the same troubles are composed; `tune` serves to fit, both
are counted, and the weights are printed as `pipeline/engines/shots` has them. Decision 17 tells
what the committed ones were fitted on.
"""
