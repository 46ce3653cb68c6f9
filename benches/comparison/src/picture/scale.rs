//! From figures to places.

/// Where a figure lies on a logarithmic axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Logarithmic {
    lowest: f64,
    highest: f64,
    from: f64,
    to: f64,
}

impl Logarithmic {
    /// An axis from `from` to `to` on which all figures find a place; `None` when there is none.
    pub(super) fn of(figures: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let positive = figures.filter(|figure| *figure > 0.0);
        let bounds = positive.fold(None, |bounds: Option<(f64, f64)>, figure| {
            let (low, high) = bounds.unwrap_or((figure, figure));
            Some((low.min(figure), high.max(figure)))
        });
        let (lowest, highest) = bounds?;
        Some(Self { lowest, highest, from, to })
    }

    /// The same from one power of ten to another, so that there is something to read a figure by.
    pub(super) fn whole(self) -> Self {
        let (lowest, highest) = (self.lowest.log10().floor(), self.highest.log10().ceil());
        Self { lowest: 10_f64.powf(lowest), highest: 10_f64.powf(highest), ..self }
    }

    pub(super) fn place(&self, figure: f64) -> f64 {
        let span = (self.highest / self.lowest).ln();
        if span <= 0.0 {
            return f64::midpoint(self.from, self.to);
        }
        let part = (figure.max(self.lowest) / self.lowest).ln() / span;
        self.from + part * (self.to - self.from)
    }

    /// The powers of ten on it.
    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (lowest, highest) = (self.lowest * 0.999, self.highest * 1.001);
        (-3..=9)
            .map(|power| 10_f64.powi(power))
            .filter(move |tick| (lowest..=highest).contains(tick))
    }
}

/// How long a bar is: a share of the longest.
pub(super) fn bar(figure: f64, longest: f64, width: f64) -> f64 {
    if longest <= 0.0 { 0.0 } else { (figure / longest).clamp(0.0, 1.0) * width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenfold_figure_is_always_as_far_away() {
        let axis = Logarithmic::of([10.0, 1000.0].into_iter(), 100.0, 0.0).unwrap();
        let places = [10.0, 100.0, 1000.0].map(|figure| format!("{:.0}", axis.place(figure)));
        assert_eq!(places, ["100", "50", "0"]);
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [10.0, 100.0, 1000.0]);
    }

    #[test]
    fn a_whole_axis_goes_from_one_power_of_ten_to_another() {
        let axis = Logarithmic::of([250.0, 700.0].into_iter(), 0.0, 10.0).unwrap().whole();
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [100.0, 1000.0]);
        assert_eq!(format!("{:.2}", axis.place(250.0)), "3.98");
    }

    #[test]
    fn one_figure_lies_in_the_middle_and_none_nowhere() {
        let axis = Logarithmic::of([7.0].into_iter(), 0.0, 10.0).unwrap();
        assert!((axis.place(7.0) - 5.0).abs() < 1e-9);
        assert!(Logarithmic::of([0.0].into_iter(), 0.0, 10.0).is_none());
    }

    #[test]
    fn bars_are_shares_of_the_longest() {
        let lengths = [bar(5.0, 10.0, 200.0), bar(10.0, 10.0, 200.0), bar(1.0, 0.0, 200.0)];
        assert_eq!(lengths.map(|length| format!("{length:.0}")), ["100", "200", "0"]);
    }
}
