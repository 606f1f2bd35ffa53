"""What a step holds, as an encoder reads it: numbers, and embeddings of categories."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

Field = tuple[int, int, int]


class StepInputs(nn.Module):
    r"""Numbers and embeddings side by side.

    .. math:: [x_t,\; E_1[c_{t1}],\; \ldots,\; E_K[c_{tK}],\; \tau_t]

    A field of one column is a category; one of several a text, whose words' embeddings
    are averaged. Embedding 0 stands for nothing known, 1 for values without one of
    their own; both start at zero, the others are drawn with variance 1, that of the
    scaled numbers.

    Parameters
    ----------
    channels : int
        Numbers of a step.
    fields : sequence of (columns, embeddings, width)
    elapsed : bool
        Whether the last column is the time since the step before.
    passes : bool
        Whether the encoder takes it, as its last channel.
    """

    def __init__(
        self,
        channels: int,
        fields: Sequence[Sequence[int]],
        *,
        elapsed: bool = False,
        passes: bool = False,
    ) -> None:
        super().__init__()
        self.channels, self.elapsed, self.passes = channels, elapsed, passes
        self.columns = [int(columns) for columns, _, _ in fields]
        self.embeddings = nn.ModuleList()
        for _, rows, width in fields:
            table = nn.Embedding(rows, width)
            with torch.no_grad():
                table.weight[:2] = 0.0
            self.embeddings.append(table)
        wide = sum(int(width) for _, _, width in fields)
        self.width = channels + wide + int(elapsed and passes)

    def forward(self, values: Tensor) -> Tensor:
        """Return (B, T, width) for (B, T, channels + columns + elapsed)."""
        parts = [values[..., : self.channels]]
        start = self.channels
        for columns, table in zip(self.columns, self.embeddings, strict=True):
            codes = values[..., start : start + columns].long()
            start += columns
            found = table(codes)
            if columns == 1:
                parts.append(found[..., 0, :])
                continue
            present = (codes > 0).to(found.dtype)
            count = present.sum(-1, keepdim=True)
            mean = (found * present[..., None]).sum(-2) / count.clamp(min=1.0)
            parts.append(torch.where(count > 0, mean, found[..., 0, :]))
        if self.elapsed and self.passes:
            parts.append(values[..., start:])
        return torch.cat(parts, -1)
