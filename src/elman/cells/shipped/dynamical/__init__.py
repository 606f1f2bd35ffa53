"""Cells that follow a differential equation in steps."""
