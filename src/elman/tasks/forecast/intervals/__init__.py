"""How sure a forecast is: intervals, quantiles, and how far the correction is kept.

An end of an interval, and a quantile, is made in this order:

1. after training `gate` keeps of the network's correction what its gain is sure of;
2. the errors that remain on rows not learned from give a distance for each step and
   target: `calibrated` by their quantiles on the validation part, or in series short
   enough for rolling origins (`Rolling.everywhere`) `rolling_offsets`, there in units
   of the forecast where `zero_levels` finds errors that grow with it;
3. quantiles are ends of such intervals, `quantile_offsets`;
4. `Offsets` holds the distances; `calibration` does all of this, once a fit;
5. at every forecast `widening` multiplies them by what the errors since the fit say,
   and `Offsets.ends` adds them, on the scale of the network;
6. `Preparation.inverse` takes the ends to the target's unit, never below a bound of 0.

A model of many series takes `gate`, `conformal_offsets` and `quantile_offsets`, in
units of each series' own earlier errors, see `PanelModel`.
"""
