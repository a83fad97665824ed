"""Mapping files: CSV that lists, image by image, the schema 1 digest and the schema 2 digest to use in its place."""

from redigest.mapping.check import Findings, Layout, MappingReport, check
from redigest.mapping.files import MappingFile
from redigest.mapping.locate import located
from redigest.mapping.merge import HEADER, Merged, merged
from redigest.mapping.rows import Note, Row
from redigest.mapping.source import MappingFiles

__all__ = ["HEADER", "Findings", "Layout", "MappingFile", "MappingFiles", "MappingReport", "Merged", "Note", "Row", "check", "located", "merged"]
