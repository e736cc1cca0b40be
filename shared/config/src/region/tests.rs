use super::*;

fn region(text: &str) -> Region {
    Region::parse(text).unwrap()
}

#[test]
fn a_region_is_known_by_its_form() {
    let good = [
        "eu-west-1",
        "us-gov-west-1",
        "us-isob-east-1",
        "eusc-de-east-1",
        "ap-southeast-12",
    ];
    let bad = [
        "",
        "-",
        "1",
        "eu",
        "eu-west",
        "west-1",
        "eu-west-",
        "eu--1",
        "-west-1",
        "EU-WEST-1",
        "eu-west-1a",
        "eu-west-one",
        "eu_west_1",
        " eu-west-1",
        "eu-west-1 ",
        "eu-west-123",
        "Europe (Ireland)",
        "eu-wést-1",
        "local",
    ];
    for text in good {
        assert_eq!(
            Region::parse(text).map(|region| region.to_string()),
            Ok(text.to_owned())
        );
    }
    for text in bad {
        assert_eq!(
            Region::parse(text),
            Err(RegionError::Malformed(text.to_owned()))
        );
    }
}

/// (pool, project): as in the facts, `own` being the pool's. The first is the default.
const ROWS: [(&str, &str); 25] = [
    ("ap-northeast-1", "us-east-1"),
    ("ap-northeast-2", "us-east-1"),
    ("ap-southeast-1", "us-east-1"),
    ("ca-central-1", "us-east-1"),
    ("eu-west-2", "us-east-1"),
    ("us-east-2", "us-east-1"),
    ("ap-south-1", "ap-south-1, us-east-1"),
    ("ap-southeast-2", "ap-southeast-2, us-east-1"),
    ("eu-central-1", "eu-central-1, us-east-1"),
    ("eu-west-1", "eu-west-1, us-east-1"),
    ("us-west-2", "us-west-2, us-east-1"),
    ("us-east-1", "us-east-1"),
    ("eu-south-1", ""),
    ("me-south-1", ""),
    ("ap-northeast-3", ""),
    ("il-central-1", ""),
    ("af-south-1", ""),
    ("ap-southeast-3", ""),
    ("eu-north-1", "eu-north-1"),
    ("eu-west-3", "eu-west-3"),
    ("sa-east-1", "sa-east-1"),
    ("us-west-1", "us-west-1"),
    ("ca-west-1", "ca-west-1"),
    ("us-gov-west-1", "us-gov-west-1"),
    ("xx-unheard-9", "xx-unheard-9"),
];

#[test]
fn every_row_of_the_table_allows_what_it_says_and_nothing_else() {
    for (pool, projects) in ROWS {
        let default = default_project_region(&region(pool))
            .map(|it| it.to_string())
            .ok();
        let allowed: Vec<&str> = ROWS
            .iter()
            .map(|(project, _)| *project)
            .filter(|project| check(&region(pool), &region(project)).is_ok())
            .collect();

        let expected: Vec<&str> = projects.split(", ").filter(|it| !it.is_empty()).collect();
        let mut expected_sorted = expected.clone();
        expected_sorted.sort_by_key(|it| ROWS.iter().position(|(pool, _)| pool == it));
        assert_eq!(
            (pool, default.as_deref(), allowed),
            (pool, expected.first().copied(), expected_sorted)
        );
    }
}

#[test]
fn a_refusal_says_what_would_do() {
    let refusal = |pool, project| {
        check(&region(pool), &region(project))
            .unwrap_err()
            .to_string()
    };

    assert_eq!(
        refusal("eu-west-2", "eu-west-2"),
        "a user pool in eu-west-2 cannot use a Pinpoint project in eu-west-2, only one in us-east-1"
    );
    assert_eq!(
        refusal("eu-west-1", "us-west-2"),
        "a user pool in eu-west-1 cannot use a Pinpoint project in us-west-2, \
         only one in eu-west-1 or us-east-1"
    );
    assert_eq!(
        refusal("af-south-1", "us-east-1"),
        "user pools in af-south-1 are not supported with Pinpoint projects in any Region"
    );
}
