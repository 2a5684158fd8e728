"""A package, so that the identity of conftest.py serves every file here and is stopped after the last."""
