"""Mapping files: CSV that lists, image by image, the schema 1 digest and the schema 2 digest to use in its place."""

from redigest.mapping.check import Findings, MappingReport, check
from redigest.mapping.rows import Note, Row
from redigest.mapping.source import MappingFiles

__all__ = ["Findings", "MappingFiles", "MappingReport", "Note", "Row", "check"]
