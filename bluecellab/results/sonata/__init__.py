"""SONATA FILES of results: reports and spikes, written and read back.

Nothing is ever left half-written under its final name: a file grows as ``name.h5.partial``, is readable at
any time, marked as incomplete, and gets its name when it is complete.

Of several processes that write one result each writes its part, ``name.h5.partial-3``, and the first one puts
these together when all have ended well; see :mod:`~bluecellab.results.sonata.parts`.
"""

from __future__ import annotations

from bluecellab.results.sonata.allen_writer import AllenReportWriter, PotentialWriter, SegmentLayout
from bluecellab.results.sonata.files import PARTIAL
from bluecellab.results.sonata.folder import OutputFolder
from bluecellab.results.sonata.layout import ReportLayout
from bluecellab.results.sonata.nwb import PotentialNwbWriter
from bluecellab.results.sonata.report_reader import SonataReport, read_report, report_populations
from bluecellab.results.sonata.report_writer import SonataReportWriter
from bluecellab.results.sonata.saved_edges import SavedEdges, refuse_saved_edges, write_saved_edges
from bluecellab.results.sonata.spike_tables import write_spikes_csv, write_spikes_nwb
from bluecellab.results.sonata.spikes import SpikeOrder, read_spikes, write_spikes

__all__ = [
    "PARTIAL",
    "AllenReportWriter",
    "OutputFolder",
    "PotentialNwbWriter",
    "PotentialWriter",
    "ReportLayout",
    "SavedEdges",
    "SegmentLayout",
    "SonataReport",
    "SonataReportWriter",
    "SpikeOrder",
    "read_report",
    "read_spikes",
    "refuse_saved_edges",
    "report_populations",
    "write_saved_edges",
    "write_spikes",
    "write_spikes_csv",
    "write_spikes_nwb",
]
