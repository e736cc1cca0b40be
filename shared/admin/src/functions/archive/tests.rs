use super::*;

/// As Python's `zipfile` makes it: `other.txt`, stored, and `analytics-config.json`, deflated.
const ARCHIVE: &str = "504b030414000000000000002100203558d90500000005000000090000006f746865722e7478746f74686572504b030414000000080000\
    0021009cdfdad81c0000001e00000015000000616e616c79746963732d636f6e6669672e6a736f6eab5672cec94ccd2b2956b252a8aed5515072494d\
    4b2ccd2901736b01504b0102140314000000000000002100203558d905000000050000000900000000000000000000008001000000006f746865722e\
    747874504b01021403140000000800000021009cdfdad81c0000001e00000015000000000000000000000080012c000000616e616c79746963732d63\
    6f6e6669672e6a736f6e504b050600000000020002007a0000007b0000000000";

fn archive() -> Vec<u8> {
    let digits: Vec<char> = ARCHIVE.chars().filter(char::is_ascii_hexdigit).collect();
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    pairs
        .map(|pair| u8::from_str_radix(&pair, 16).unwrap())
        .collect()
}

#[test]
fn a_file_is_found_by_its_name_however_it_is_packed() {
    for (name, expected) in [
        ("other.txt", Some("other")),
        (
            "analytics-config.json",
            Some(r#"{"Clients": {}, "Default": {}}"#),
        ),
        ("config.json", None),
    ] {
        let found = file(&archive(), name).unwrap();
        assert_eq!(
            found,
            expected.map(|text| text.as_bytes().to_vec()),
            "{name}"
        );
    }
}

#[test]
fn what_is_cut_short_or_changed_is_an_error_or_another_file_and_no_panic() {
    let whole = archive();
    for length in 0..whole.len() {
        let cut = file(&whole[..length], "other.txt");
        assert!(matches!(cut, Err(ArchiveError::NoArchive)), "{length}");
        let mut changed = whole.clone();
        changed[length] = !changed[length];
        let _ = file(&changed, "analytics-config.json");
    }
}
