"""The compiled core's binding: addresses and sizes in, nothing checked.

`elman.ops` is its only caller, and checks. Absent where it was not built.
"""

__all__: list[str] = []
