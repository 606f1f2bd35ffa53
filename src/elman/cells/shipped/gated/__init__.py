"""Cells whose gates say what is kept and what is written."""
