"""The conformance kit: what a department runs against its own system before it is connected (docs/integrating.md).

Read in this order: `recorder` (what was seen), `lessons` (which fault is played when), `stage` (what the stand-in has), `server` (the
stand-in), `checks` and `checks_*` (what is right, over what was seen), `reporting`. Beside them `rows` (rows in a file, offline), `journal`
(an exported journal, offline) and `sample` (a department's system that does it right).
"""
