use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Whose the endpoints e1, e2 and e3 are by these lists, and what of these can't be taken.
fn check(lists: &[&[u8]], users: [&str; 3], rejected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (1..)
        .zip(lists)
        .map(|(number, list)| {
            let path = folder.path().join(format!("list{number}"));
            fs::write(&path, list).unwrap();
            path
        })
        .collect();
    let (endpoints, faults) = Endpoints::read(&paths);
    let found = ["e1", "E2", "e3"].map(|id| endpoints.user(id).unwrap_or("-"));
    let shown = String::from_utf8_lossy(lists[0]);
    assert_eq!(found, users, "{shown}");
    let root = format!("{}/", folder.path().display());
    let faults: Vec<String> = faults
        .iter()
        .map(|it| format!("{}: {}", it.source, it.error).replace(&root, ""))
        .collect();
    assert_eq!(faults, rejected, "{shown}");
}

#[test]
fn a_list_is_json_values_or_csv_packed_or_not() {
    let json = r#"{"Id":"e1","User":{"UserId":"u1"}}{"Id":"e2","User":{"UserId":"u2"}}
{"Id":"e3","ChannelType":"GCM"}"#;
    let array = r#"[{"Id":"e1","User":{"UserId":"u1"}},{"User":{"UserId":"u2"},"Id":"E2"}]"#;
    let csv = "ChannelType,User.UserId,Attributes.a,Id\r\n\
               EMAIL,u1,\"x, \"\"y\"\"\nz\",e1\r\nSMS,\"u2\",,\"e2\"\r\nGCM,,,e3\r\n";
    for list in [
        json,
        array,
        csv,
        &format!("\u{feff}{csv}"),
        &format!("\u{feff}{json}"),
    ] {
        check(&[list.as_bytes()], ["u1", "u2", "-"], &[]);
        check(&[&gzip(list)], ["u1", "u2", "-"], &[]);
    }
    check(&[b""], ["-", "-", "-"], &[]);
}

#[test]
fn the_last_to_name_an_endpoint_counts() {
    check(
        &[
            b"Id,User.UserId\ne1,u1\nE1,u9\ne2,u2\ne3,u3\n",
            br#"{"Id":"e2","User":{"UserId":"u7"}}{"Id":"e3"}"#,
        ],
        ["u9", "u7", "-"],
        &[],
    );
}

#[test]
fn what_is_no_endpoint_is_named_and_the_rest_goes_on() {
    check(
        &[b"{\"Id\":\"e1\",\"User\":{\"UserId\":\"u1\"}}\n{\"User\":{}}\n{\"Id\":\n7\n{\"Id\":\"e3\",\"User\":{\"UserId\":\"u3\"}}\n"],
        ["u1", "-", "u3"],
        &[
            "list1:2: no endpoint: `Id` is missing",
            "list1:3: not JSON: EOF while parsing a value (line 4, column 0)",
            "list1:4: a number, not a JSON object",
        ],
    );
    check(
        &[b"Id,User.UserId,A\ne1,u1,\n,u2,\ne2,u2\ne3,u\xFF,\ne3,u3,\"open\n"],
        ["u1", "-", "u3"],
        &[
            "list1:3: no endpoint: `Id` is missing",
            "list1:4: it has 2 columns, and the first line 3: is a quote never closed?",
            "list1:5: not UTF-8: save the file as UTF-8",
        ],
    );
    check(
        &[b"Id,UserId\ne1,u1\n", b"Id,User.UserId\ne2,u2\n"],
        ["-", "u2", "-"],
        &[
            "list1:1: no list of endpoints: it has no column `User.UserId`; give what Pinpoint exported, as JSON or CSV",
        ],
    );
}

#[test]
fn a_list_that_is_cut_off_ends_where_it_can_be_read_no_more() {
    let rows: String = (0..2_000).map(|row| format!("x{row},u{row}\n")).collect();
    let whole = gzip(&format!("Id,User.UserId\ne1,u1\n{rows}e2,u2\n"));
    let cut = &whole[..whole.len() - 12];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    fs::write(&path, cut).unwrap();
    let (endpoints, rejected) = Endpoints::read(&[path]);
    assert_eq!(endpoints.user("e1"), Some("u1"));
    assert_eq!(endpoints.user("e2"), None);
    let [rejected] = rejected.try_into().unwrap();
    assert!(
        rejected.error.starts_with("can't be read from here on ("),
        "{rejected:?}"
    );
}

#[test]
fn a_list_that_is_not_there_is_named() {
    let (_, rejected) = Endpoints::read(&[PathBuf::from("no/such/list.csv")]);
    let [rejected] = rejected.try_into().unwrap();
    assert_eq!(rejected.source, "no/such/list.csv");
    assert_eq!(
        rejected.error,
        "there is no such file or folder: check the path"
    );
}
