use domain::annotation::AnnotationText;

use super::*;

/// The chart of days with these DAU, from 2026-03-02 on, with 60 columns.
fn chart(values: &[i64], running: Option<usize>, annotated: &[(&str, &str)]) -> String {
    let first = Day::parse("2026-03-02").unwrap();
    let dates = first.through(Day::LAST);
    let days: Vec<DayObject> = dates
        .zip(values)
        .map(|(day, dau)| DayObject {
            project: "0".repeat(32),
            date: day.to_string(),
            sign_ups: 0,
            sign_ins: 0,
            auth_failures: 0,
            new_users: 0,
            dau: *dau,
            wau: 0,
            mau: 0,
            segment: None,
        })
        .collect();
    let annotations: Vec<Annotation> = annotated
        .iter()
        .map(|(day, text)| Annotation {
            day: Day::parse(day).unwrap(),
            text: AnnotationText::parse(text).unwrap(),
        })
        .collect();
    let chart = Chart {
        figure: ChartFigure::Dau,
        days: &days,
        running: running.and_then(|index| Day::parse(&days[index].date).ok()),
        annotations: &annotations,
        width: 60,
    };
    chart.to_string()
}

#[test]
fn a_week_has_a_bar_a_day_the_running_one_shaded_and_what_was_annotated() {
    let annotated = [
        ("2026-03-04", "v2.4 released"),
        ("2026-03-07", "Newsletter campaign"),
    ];
    let drawn = chart(&[100, 140, 30, 160, 1, 0, 80], Some(6), &annotated);
    assert_eq!(
        drawn,
        "\
DAU
160 ┤                  █████
    │      ▄▄▄▄▄       █████
    │      █████       █████
120 ┤      █████       █████
    │▄▄▄▄▄ █████       █████
    │█████ █████       █████
 80 ┤█████ █████       █████             ░░░░░
    │█████ █████       █████             ░░░░░
    │█████ █████       █████             ░░░░░
 40 ┤█████ █████ ▂▂▂▂▂ █████             ░░░░░
    │█████ █████ █████ █████             ░░░░░
    │█████ █████ █████ █████ ▁▁▁▁▁       ░░░░░
  0 ┼──────────────────────────────────────────
                 ▲▲▲▲▲             ▲▲▲▲▲
     2026-03-02  2026-03-04          2026-03-08

highest 160 on 2026-03-05 · average 71.8 · ░ 80 so far on 2026-03-08
▲ 2026-03-04 v2.4 released
▲ 2026-03-07 Newsletter campaign
"
    );
}

#[test]
fn more_days_than_columns_share_bars_that_keep_each_peak() {
    let mut values: Vec<i64> = (0..200).map(|day| 1000 + day * 10).collect();
    values[61] = 5900;
    assert_eq!(
        chart(&values, None, &[]),
        "\
DAU
8000 ┤
     │
     │
6000 ┤               ▇
     │               █
     │               █
4000 ┤               █
     │               █                          ▁▁▁▂▂▃▃▄
     │               █          ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██████████
2000 ┤         ▁▁▂▂▃▃█▄▅▅▅▆▆▇▇██████████████████████████
     │▄▅▅▆▆▇▇███████████████████████████████████████████
     │██████████████████████████████████████████████████
   0 ┼──────────────────────────────────────────────────
      2026-03-02          2026-05-21          2026-09-17

highest 5900 on 2026-05-02 · average 2016.5
each bar is the highest of 4 days
"
    );
}

#[test]
fn nothing_and_a_single_day_are_drawn_as_well() {
    assert_eq!(
        chart(&[0, 0], None, &[]),
        "\
DAU
4 ┤
  │
  │
3 ┤
  │
  │
2 ┤
  │
  │
1 ┤
  │
  │
0 ┼────────────
   2026-03-02

nothing on these days
"
    );
    assert_eq!(
        chart(&[3], Some(0), &[]),
        "\
DAU
4 ┤
  │
  │
3 ┤░░░░░
  │░░░░░
  │░░░░░
2 ┤░░░░░
  │░░░░░
  │░░░░░
1 ┤░░░░░
  │░░░░░
  │░░░░░
0 ┼──────
   2026-03-02

░ 3 so far on 2026-03-02
"
    );
}

#[test]
fn an_axis_ends_with_the_next_number_that_has_round_quarters() {
    for (highest, top) in [
        (0, 4),
        (4, 4),
        (5, 8),
        (291, 320),
        (1650, 2000),
        (2000, 2000),
        (2001, 2400),
    ] {
        assert_eq!(round_above(highest), top, "{highest}");
    }
    assert_eq!(round_above(u64::MAX), u64::MAX);
}
