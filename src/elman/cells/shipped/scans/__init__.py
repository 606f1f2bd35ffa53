"""Cells whose units see their own past only."""
