//! All figures in one file.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::days;
use super::served::{Reply, Served};

/// The files of an archive, by name.
fn files(reply: Reply) -> BTreeMap<String, String> {
    assert_eq!(reply.header("content-type"), Some("application/zip"));
    let mut archive = ZipArchive::new(Cursor::new(reply.body)).unwrap();
    let mut files = BTreeMap::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

#[test]
fn a_zip_file_holds_what_the_api_answers_as_csv() {
    let served = Served::acme();
    let [from, to] = days();
    let mut expected = BTreeMap::new();
    for (name, path) in [
        ("days", "days?"),
        ("months", "months?"),
        ("retention-week", "retention?interval=week&"),
        ("retention-month", "retention?interval=month&"),
        ("segments-platform", "segments?by=platform&"),
        ("segments-appVersion", "segments?by=appVersion&"),
        ("segments-locale", "segments?by=locale&"),
        ("segments-client", "segments?by=client&"),
        ("segments-provider", "segments?by=provider&"),
        (
            "segments-attribute-custom-tenant",
            "segments?by=attribute:custom:tenant&",
        ),
        ("segments-client+platform", "segments?by=client%2Bplatform&"),
        ("annotations", "annotations?"),
    ] {
        let csv = served.get(&format!("{path}from={from}&to={to}&format=csv"));
        expected.insert(format!("{name}.csv"), csv.text());
    }
    let found = files(served.get(&format!("everything?from={from}&to={to}")));
    // Another test may add one meanwhile.
    let of_days = |files: &BTreeMap<String, String>| {
        let mut files = files.clone();
        assert!(files.remove("annotations.csv").is_some(), "{files:?}");
        files
    };
    assert_eq!(of_days(&found), of_days(&expected));
}

#[test]
fn segments_and_cohorts_of_a_long_time_are_the_last_ones() {
    let served = Served::acme();
    let [_, to] = days();
    let found = files(served.get(&format!("everything?from=2014-01-01&to={to}")));
    let last: chrono::NaiveDate = to.parse().unwrap();
    let first = last - chrono::TimeDelta::days(91);
    let segments = served.get(&format!(
        "segments?by=platform&from={first}&to={to}&format=csv"
    ));
    assert_eq!(found["segments-platform.csv"], segments.text());
    for (interval, first) in [
        ("week", last - chrono::TimeDelta::weeks(200)),
        ("month", "2014-01-01".parse().unwrap()),
    ] {
        let cohorts = served.get(&format!(
            "retention?interval={interval}&from={first}&to={to}&format=csv"
        ));
        assert_eq!(found[&format!("retention-{interval}.csv")], cohorts.text());
    }
    let nothing = files(served.get("everything?from=9998-01-01"));
    assert_eq!(nothing["months.csv"], "project,month,calendarMau\n");
}
