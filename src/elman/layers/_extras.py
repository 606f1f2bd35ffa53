"""What the layers offer beyond torch's, the same for every cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn
from torch.nn import Parameter
from torch.nn.init import zeros_

from elman._arguments import true_or_false
from elman._errors import InputError

from ._noise import Zoneout, rate, zoneout_rates
from ._states import STATEFUL, Carried
from ._twins import EXTRAS, bits_of, extras_of


class Extended(nn.Module):
    """A recurrent layer that holds states back, learns them, carries them over.

    The defaults are on the class, as a `torch.nn` layer that becomes one of these
    by `elman.accelerate` has none of them in its own dictionary.
    """

    if TYPE_CHECKING:  # TorchScript would read the annotations
        stateful: bool | str
        zoneout: Zoneout
        _beyond: int
        _carried: Carried | None
        training: bool
        _all_weights: list[list[str]]

    recurrent_dropout = 0.0
    zoneout = 0.0
    learn_initial_state = False
    stateful = False
    state_batch_first = False
    _beyond = 0
    _carried = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in EXTRAS:
            self.__dict__["_beyond"] = bits_of(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__["_beyond"] = bits_of(self)

    def _state_widths(self) -> tuple[tuple[str, int], ...]:
        """Return each state's name and width."""
        raise NotImplementedError

    def _extend(
        self,
        recurrent_dropout: Any,
        zoneout: Any,
        learn_initial_state: Any,
        stateful: Any,
        state_batch_first: Any,
    ) -> None:
        """Take the arguments beyond torch's, checked; the layer has its weights."""
        learned = true_or_false("learn_initial_state", learn_initial_state)
        turned = true_or_false("state_batch_first", state_batch_first)
        if not isinstance(stateful, bool | str) or stateful not in STATEFUL:
            raise InputError(
                f'stateful must be False, True or "detached", got {stateful!r}'
            )
        widths = self._state_widths()
        self.recurrent_dropout = rate("recurrent_dropout", recurrent_dropout)
        rates = zoneout_rates(zoneout, [name.removesuffix("_0") for name, _ in widths])
        self.zoneout = rates if not isinstance(rates, tuple) or any(rates) else 0.0
        self.learn_initial_state = learned
        self.stateful = stateful
        self.state_batch_first = turned
        if learned:
            places = len(self._all_weights)
            like: Tensor = getattr(self, self._all_weights[0][0])
            for name, width in widths:
                setattr(self, name, Parameter(like.new_zeros(places, width)))

    def reset_parameters(self) -> None:
        """Draw the weights anew; a learned initial state is zero."""
        self._draw_weights()
        if self.learn_initial_state:
            for name, _ in self._state_widths():
                if hasattr(self, name):
                    zeros_(getattr(self, name))

    def _draw_weights(self) -> None:
        raise NotImplementedError

    def reset_state(self, rows: Any = None) -> None:
        """Let a stateful layer's next call start from the initial state.

        Parameters
        ----------
        rows : int, list, array or Tensor, optional
            Only these rows: their numbers, or a mask of bool, (B,). All, and the
            number of rows with them, if absent.

        Raises
        ------
        InputError
            If the layer is not stateful, or has no such rows.
        """
        carried = self._stateful("reset_state")
        if rows is None:
            self._carried = None
        elif carried is not None:
            self._carried = carried.reset(rows)

    def detach_state(self) -> None:
        """Cut a stateful layer's state from the graph of the calls so far.

        Raises
        ------
        InputError
            If the layer is not stateful.
        """
        carried = self._stateful("detach_state")
        self._carried = None if carried is None else carried.detach()

    def _stateful(self, what: str) -> Carried | None:
        if not self.stateful:
            raise InputError(
                f"{what}: this layer carries no state; build it with stateful=True"
            )
        return self._carried

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        result = super()._apply(fn, recurse)
        if self._carried is not None:
            self._carried = self._carried.detach().apply(fn)
        return result

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        if self._carried is not None:  # a graph can be neither copied nor saved
            state["_carried"] = self._carried.detach()
        return state

    def extra_repr(self) -> str:
        """Return the arguments that differ from their defaults."""
        more = (f"{name}={value!r}" for name, value in extras_of(self).items())
        return ", ".join(word for word in (super().extra_repr(), *more) if word)
