"""Local SGD: every process trains by itself, and now and then they average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.distributed.algorithms.model_averaging.averagers import (
    PeriodicModelAverager,
)

from elman._errors import InputError
from elman.training._settings import TrainingSettings
from elman.training.step._contract import DivergedError, Part, StepResult

from ._processes import Alone, own_draws
from ._team import Team

if TYPE_CHECKING:
    from elman.training.step._step import Step


class Local(Alone):
    r"""Train on this member's share of every batch; average weights every k steps.

    Between two averages nobody waits for anybody: of the messages of `Together`
    one in :math:`k` is left. The price is that the members' weights drift apart in
    between (Stich 2019, "Local SGD converges fast and communicates little",
    arXiv:1805.09767). torch's PeriodicModelAverager does the averaging. Momenta and
    second moments stay each member's own.

    Each member clips, and takes its learning rate, by its own share. Members also
    average at the end of every epoch, so that all judge the same weights. A loss
    that is not finite stops all of them at the next average.

    Parameters
    ----------
    module : nn.Module
    settings : TrainingSettings
    team : Team

    Raises
    ------
    InputError
        The settings ask for averages over steps as well.
    """

    def __init__(
        self, module: nn.Module, settings: TrainingSettings, team: Team
    ) -> None:
        if settings.average is not None:
            raise InputError(
                "average does not combine with local_steps, which average the weights"
                " of all processes; choose one"
            )
        super().__init__(module)
        module.load_state_dict(team.hear(dict(module.state_dict())))
        self.team = team
        self.size = team.size
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.period = settings.local_steps or 1
        self.averager = PeriodicModelAverager(period=self.period)
        self.averager.step = 1  # the first average is after k steps, not after one
        self.failed: DivergedError | None = None

    def parts(self) -> dict[str, Part]:
        """Return the count of steps."""
        return {"averager": _Count(self.averager)}

    def kept(self, part: Part) -> Part:
        """Return the part of all members: each has its own."""
        return Everyones(part, self.team)

    def meets(self) -> bool:
        """Return whether the members have just averaged their weights."""
        return (self.averager.step - 1) % self.period == 0

    def take(self, step: Step, batch: Tensor) -> StepResult:
        """Train on a share of one batch.

        Raises
        ------
        DivergedError
            On every member, at the average after any member's failure.
        """
        share = self.team.share(batch)
        result = None
        if len(share) and self.failed is None:
            rate = step.update.schedule.rate
            result = StepResult(0.0, 0.0, rate, 0.0)
            try:
                with own_draws(self.team):
                    result = step.run(share)
            except DivergedError as error:
                self.failed = error
        if self.averager.step % self.period == 0:
            self._stop_together()
        self.averager.average_parameters(iter(self.parameters))
        return step.skip() if result is None else result

    def end_epoch(self) -> None:
        """Average the weights, so that all validate the same."""
        self._stop_together()
        mean = PeriodicModelAverager(period=2)  # its first call averages
        mean.average_parameters(iter(self.parameters))

    def summed(self, values: list[float]) -> list[float]:
        """Return the sums over all members' shares."""
        return self.team.total(values)

    def _stop_together(self) -> None:
        (failures,) = self.team.total([float(self.failed is not None)])
        if failures:
            raise self.failed or DivergedError(float("nan"), float("nan"))


class Everyones:
    """A part of which each member has its own: the state is that of all members.

    Parameters
    ----------
    part : Part
    team : Team
    """

    def __init__(self, part: Part, team: Team) -> None:
        self.part = part
        self.team = team

    def state_dict(self) -> dict[str, Any]:
        """Return all members' states; all have to ask together."""
        return {"members": self.team.everyone(dict(self.part.state_dict()))}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up this member's state.

        Raises
        ------
        InputError
            Another number of members wrote it.
        """
        members = state["members"]
        if len(members) != self.team.size:
            raise InputError(
                f"the checkpoint was written by {len(members)} processes averaging "
                f"their weights, and these are {self.team.size}; resume with "
                f"{len(members)}"
            )
        self.part.load_state_dict(members[self.team.rank])


class _Count:
    """How many steps an averager has seen."""

    def __init__(self, averager: PeriodicModelAverager) -> None:
        self.averager = averager

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.averager.step}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.averager.step = state["step"]
