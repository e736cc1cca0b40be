use super::*;

fn day(date: &str, figures: [i64; 7]) -> DayObject {
    let [sign_ups, sign_ins, auth_failures, new_users, dau, wau, mau] = figures;
    DayObject {
        project: "p".to_owned(),
        date: date.to_owned(),
        sign_ups,
        sign_ins,
        auth_failures,
        new_users,
        dau,
        wau,
        mau,
        segment: None,
    }
}

#[test]
fn days_are_summed_up_beside_those_before() {
    let before = [day("2026-03-01", [1, 10, 0, 0, 4, 5, 6])];
    let days = [
        day("2026-03-02", [0, 6, 1, 1, 3, 5, 6]),
        day("2026-03-03", [1, 5, 2, 0, 2, 5, 6]),
    ];
    let column = |name, total, average, change, values: [i64; 2]| ColumnSummary {
        name,
        total,
        average,
        change,
        values: values.into(),
    };
    assert_eq!(
        Summary::of(&days, &before, 2),
        Summary {
            columns: vec![
                column("sign-ups", Some(1), 5, Some(-50), [0, 1]),
                column("sign-ins", Some(11), 55, Some(-45), [6, 5]),
                column("failures", Some(3), 15, None, [1, 2]),
                column("new users", Some(1), 5, None, [1, 0]),
                column("DAU", None, 25, Some(-38), [3, 2]),
                column("WAU", None, 50, Some(0), [5, 5]),
                column("MAU", None, 60, Some(0), [6, 6]),
            ],
            dau_by_mau: Some(417),
            failure_rate: Some(214),
        }
    );
}

#[test]
fn a_day_that_is_not_over_is_left_out_of_averages_and_change() {
    let before = [
        day("2026-03-01", [1, 10, 0, 0, 4, 5, 8]),
        day("2026-03-02", [1, 90, 0, 0, 4, 5, 8]),
    ];
    let days = [
        day("2026-03-03", [0, 5, 1, 1, 2, 5, 8]),
        day("2026-03-04", [1, 1, 2, 0, 1, 5, 8]),
    ];
    let summary = Summary::of(&days, &before, 1);
    let sign_ins = &summary.columns[1];
    assert_eq!(sign_ins.total, Some(6));
    assert_eq!((sign_ins.average, sign_ins.change), (50, Some(-50)));
    assert_eq!(sign_ins.values, [5, 1]);
    assert_eq!(summary.dau_by_mau, Some(250));
}

#[test]
fn of_no_days_nothing_is_worked_out() {
    let summary = Summary::of(&[], &[], 0);
    assert_eq!((summary.dau_by_mau, summary.failure_rate), (None, None));
    assert!(
        summary
            .columns
            .iter()
            .all(|it| it.average == 0 && it.change.is_none())
    );
}

#[test]
fn three_like_days_in_a_row_are_one_run_and_two_are_not() {
    let quiet = [0, 0, 0, 0, 0, 0, 1];
    let busy = [0, 1, 0, 0, 1, 1, 1];
    let days: Vec<DayObject> = [quiet, quiet, quiet, busy, quiet, quiet]
        .into_iter()
        .zip(1..)
        .map(|(figures, number)| day(&format!("2026-03-0{number}"), figures))
        .collect();
    let runs: Vec<(&str, &str)> = folded(&days)
        .iter()
        .map(|run| (run.first.date.as_str(), run.last.date.as_str()))
        .collect();
    assert_eq!(
        runs,
        [
            ("2026-03-01", "2026-03-03"),
            ("2026-03-04", "2026-03-04"),
            ("2026-03-05", "2026-03-05"),
            ("2026-03-06", "2026-03-06"),
        ]
    );
}

#[test]
fn values_are_narrowed_to_the_highest_and_no_peak_is_left_out() {
    for (values, most, expected) in [
        (vec![1, 2, 3], 3, vec![1, 2, 3]),
        (vec![1, 3, 5, 7], 2, vec![3, 7]),
        (vec![9, 3, 5, 0, 1], 2, vec![9, 5]),
        (vec![], 2, vec![]),
    ] {
        assert_eq!(narrowed(&values, most), expected, "{values:?} in {most}");
    }
}
