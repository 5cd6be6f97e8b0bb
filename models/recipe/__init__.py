"""The training recipe of gill-tiny: one module per stage, `python -m recipe all` runs them in order."""
