"""How right the stages are, on a set that a recipe makes: `python -m eval`. Asserts nothing.

A module named like a stage scores that stage. It has

- `TRUTH`: under which key of a case's truth its own lies;
- `RECIPES`: name → a function that writes a video to the path it is given, a fixed one by a fixed
  recipe, and returns its truth: `{TRUTH: …}`, which JSON can hold;
- `MORE`, where it has them: further recipes, drawn and scored with `--all` only;
- `looked(done)`: when the pictures are shown that the stage looked at, ms; None: it missed no
  moment;
- `ALSO`, where it needs them to score: further stages whose results it gets;
- `given(case)`, where it has one: results that the case has instead of a video;
- `score(case, done)`: a `Tally` of what it found against `case.truth`.

`done` holds the results of the stage and of all that it takes, made with the parameters of the
`full` profile, of `redacted` where it makes redacted copies. The bundled sample is a case of every stage whose key its truth has, and so are the
files in the folder that `--own` names: each with its truth beside it, as `docs/sample/sample.json`
lies beside its own.
"""
