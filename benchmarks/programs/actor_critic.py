"""An agent with a memory: one step at a time, states reset where episodes end.

The environment shows one of four signs at the start, then nothing but noise; after a
few steps it asks, and the sign remembered earns a point. Several environments run side
by side. Acting is without gradients; learning walks through the same steps again, with
the states of the rows that began anew set to zero, as common implementations of PPO
and A2C with recurrent networks do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import LSTMCell

SIGNS = 4


class Recall:
    """Environments side by side: a sign, a wait of random length, a question."""

    def __init__(self, rows: int, longest: int, seed: int) -> None:
        self.draw = torch.Generator().manual_seed(seed)
        self.rows, self.longest = rows, longest
        self.left = torch.zeros(rows, dtype=torch.int64)
        self.sign = torch.zeros(rows, dtype=torch.int64)
        self._begin(torch.ones(rows, dtype=torch.bool))

    def _begin(self, which: Tensor) -> None:
        signs = torch.randint(SIGNS, (self.rows,), generator=self.draw)
        waits = torch.randint(2, self.longest, (self.rows,), generator=self.draw)
        self.sign = torch.where(which, signs, self.sign)
        self.left = torch.where(which, waits, self.left)
        self.new = which

    def look(self, dtype: torch.dtype) -> Tensor:
        """Return what each row sees, (B, 5)."""
        seen = 0.1 * torch.randn(self.rows, SIGNS + 1, generator=self.draw).to(dtype)
        shown = nn.functional.one_hot(self.sign, SIGNS).to(dtype)
        seen[:, :SIGNS] += shown * self.new[:, None]
        seen[:, SIGNS] += self.left == 0
        return seen

    def act(self, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the points and which rows begin anew."""
        asked = self.left == 0
        points = (asked & (actions == self.sign)).float()
        self.left = self.left - 1
        self._begin(asked)
        return points, asked


class Agent(nn.Module):
    """A cell, the policy's scores and the value."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.encoder = nn.Linear(SIGNS + 1, width)
        self.cell = LSTMCell(width, width)
        self.policy = nn.Linear(width, SIGNS)
        self.value = nn.Linear(width, 1)

    def first_state(self, rows: int) -> tuple[Tensor, Tensor]:
        """Return zeros, twice."""
        zeros = self.value.weight.new_zeros(rows, self.width)
        return zeros, zeros.clone()

    def forward(
        self, seen: Tensor, state: tuple[Tensor, Tensor], began: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """Return scores, values and the next state."""
        keep = 1.0 - began.to(seen.dtype)[:, None]
        h, c = self.cell(
            torch.relu(self.encoder(seen)), (keep * state[0], keep * state[1])
        )
        return self.policy(h), self.value(h)[:, 0], (h, c)


def run(
    updates: int = 60,
    rows: int = 8,
    steps: int = 32,
    width: int = 256,
    longest: int = 6,
    rate: float = 1e-3,
    seed: int = 1,
    dtype: torch.dtype = torch.float32,
) -> list[float]:
    """Learn, and return each update's loss and the points a step before it."""
    torch.manual_seed(seed)
    world, agent = Recall(rows, longest, seed), Agent(width).to(dtype)
    optimiser = torch.optim.Adam(agent.parameters(), rate)
    state, began = agent.first_state(rows), torch.ones(rows, dtype=torch.bool)
    found = []
    for _ in range(updates):
        start, start_began = state, began
        seen, chosen, won, news = [], [], [], []
        with torch.no_grad():
            for _ in range(steps):
                seen.append(world.look(dtype))
                scores, _, state = agent(seen[-1], state, began)
                # Inverse sampling: a number a row, whatever the rounding.
                level = torch.rand(rows, 1, generator=world.draw)
                shares = scores.softmax(1).cumsum(1)
                chosen.append((shares < level).sum(1).clamp(max=SIGNS - 1))
                points, began = world.act(chosen[-1])
                won.append(points)
                news.append(began)
            _, ahead, _ = agent(world.look(dtype), state, began)
        returns = []
        for points, ended in zip(reversed(won), reversed(news), strict=True):
            ahead = points + 0.9 * ahead * (~ended)
            returns.append(ahead)
        returns.reverse()

        state_now, began_now = start, start_began
        loss = torch.zeros((), dtype=dtype)
        for t in range(steps):
            scores, value, state_now = agent(seen[t], state_now, began_now)
            began_now = news[t]
            log_p = scores.log_softmax(1)
            advantage = returns[t] - value.detach()
            taken = log_p.gather(1, chosen[t][:, None])[:, 0]
            entropy = -(log_p.exp() * log_p).sum(1)
            loss = loss - (taken * advantage).mean() - 0.01 * entropy.mean()
            loss = loss + 0.5 * (returns[t] - value).square().mean()
        optimiser.zero_grad()
        (loss / steps).backward()
        nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
        optimiser.step()
        found += [loss.item() / steps, torch.stack(won).mean().item()]
    return found
