"""Drop Elman's GRU into a model, read its gates, and make them part of the loss.

python examples/look_inside.py [STEPS]
"""

import sys

import torch

import elman

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
torch.manual_seed(0)

layer = elman.GRU(4, 16, batch_first=True)
layer.load_state_dict(torch.nn.GRU(4, 16, batch_first=True).state_dict())
head = torch.nn.Linear(16, 1)
optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], 1e-2)

for step in range(steps):
    lengths = torch.randint(10, 31, (32,))
    x = torch.randn(32, 30, 4)
    y, state, trace = layer.trace(x, lengths=lengths)
    update = trace[0][0]["z"]  # (T, B, H): near 1 the old state is kept
    target = torch.stack(
        [row[: int(n), 0].mean() for row, n in zip(x, lengths, strict=True)]
    )
    error = torch.nn.functional.mse_loss(head(state[0]).squeeze(-1), target)
    # A gate that seldom opens: keep the state unless there is a reason.
    loss = error + 1e-3 * (1 - update).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0 or step == steps - 1:
        print(f"step {step:3}  error {error:.4f}  mean gate {update.mean():.2f}")
