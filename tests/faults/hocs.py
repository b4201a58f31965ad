"""Small hoc templates and morphologies of our own, for cells that can and cannot be made."""

from __future__ import annotations

from pathlib import Path

SWC = """\
1 1 0 0 0 8 -1
2 1 0 -8 0 8 1
3 1 0 8 0 8 1
4 2 0 -8 0 0.5 1
5 2 0 -60 0 0.5 4
6 3 8 0 0 1 1
7 3 60 0 0 1 6
8 3 90 20 0 0.7 7
9 3 90 -20 0 0.7 7
10 3 140 -30 0 0.5 9
"""

ASC = """\
("CellBody"
  (CellBody)
  (-8 0 0 0) (0 8 0 0) (8 0 0 0) (0 -8 0 0))
((Dendrite)
  (8 0 0 2) (60 0 0 2)
  ((90 20 0 1.4) |
   (90 -20 0 1.4) (140 -30 0 1)))
((Axon)
  (0 -8 0 1) (0 -60 0 1))
"""

_V6 = """\
begintemplate {name}
  {public}
  public soma, dend, apic, axon, myelin, all, somatic, basal, apical, axonal, myelinated, gid, nSecAll
  objref this, CellRef, all, somatic, basal, apical, axonal, myelinated
  create soma[1], dend[1], apic[1], axon[1], myelin[1]
  {members}
  proc init() {{localobj morph, import
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
    myelinated = new SectionList()
    forall delete_section()
    gid = $1
    {prelude}
    strdef path
    sprint(path, "%s/%s", $s2, $s3)
    morph = new {reader}()
    morph.quiet = 1
    morph.input(path)
    import = new Import3d_GUI(morph, 0)
    import.instantiate(this)
    nSecAll = 0
    forsec all {{ v(0.0001) = nSecAll  nSecAll += 1 }}
    {biophysics}
  }}
  {tail}
endtemplate {name}
"""


def template(
    name: str = "Small",
    *,
    prelude: str = "",
    biophysics: str = "forsec all { insert pas }",
    public: str = "public getCell, CellRef",
    members: str = "obfunc getCell() { return this }",
    tail: str = "",
    reader: str = "Import3d_SWC_read",
) -> str:
    """Return the text of a template in format v6."""
    return _V6.format(
        name=name,
        prelude=prelude,
        biophysics=biophysics,
        public=public,
        members=members,
        tail=tail,
        reader=reader,
    )


def write(path: Path, text: str | bytes) -> Path:
    """Write a file, with its folders, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text, encoding="utf-8")
    return path
