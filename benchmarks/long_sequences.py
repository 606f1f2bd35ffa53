"""Memory and time of a gradient through very long sequences.

python benchmarks/long_sequences.py [STEPS ...]

Each row is a process of its own: one LSTM of 64 units under a linear head, one
sequence, one forward and one backward pass. Linux only.
"""

import subprocess
import sys

PROGRAM = """
import sys, time, torch, elman
from elman.training import Recomputed

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        package = torch.nn if sys.argv[1] == "torch.nn" else elman
        self.rnn = package.LSTM(8, 64, batch_first=True)
        self.head = torch.nn.Linear(64, 1)
    def forward(self, x, state=None):
        y, state = self.rnn(x, state)
        return self.head(y), state

def megabytes(name):
    with open("/proc/self/status") as file:
        return next(int(l.split()[1]) for l in file if l.startswith(name + ":")) / 1024

torch.manual_seed(0)
net = Net()
run = Recomputed(net) if sys.argv[1] == "recomputed" else net
net(torch.zeros(1, 64, 8))[0].sum().backward()
x = torch.randn(1, int(sys.argv[2]), 8)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak counts from here
start, clock = megabytes("VmRSS"), time.perf_counter()
run(x)[0].square().mean().backward()
print(megabytes("VmHWM") - start, time.perf_counter() - clock)
"""


def main(lengths):
    print(f"{'steps':>10}  {'layer':<12}  {'peak MB':>8}  {'seconds':>8}")
    for steps in lengths:
        for how in ("torch.nn", "elman", "recomputed"):
            done = subprocess.run(  # noqa: S603
                [sys.executable, "-c", PROGRAM, how, str(steps)],
                capture_output=True,
                text=True,
                check=True,
            )
            peak, seconds = map(float, done.stdout.split())
            print(f"{steps:>10,}  {how:<12}  {peak:>8.1f}  {seconds:>8.2f}")


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [10_000, 100_000, 1_000_000])
