use super::*;

const RIGHT: [(&str, &str); 4] = [
    (USER_POOL_ID, "eu-west-1_AAAA11111"),
    (CLIENT_ID, "1example23456789"),
    (DOMAIN, "https://team.auth.eu-west-1.amazoncognito.com"),
    (GROUP, "analysts"),
];

/// The right settings but for this one.
fn with(name: &str, value: &str) -> Result<Settings, SettingsFaults> {
    Settings::from_variables(|asked| {
        let right = RIGHT.iter().find(|(known, _)| *known == asked);
        let given = (asked == name).then(|| value.to_owned());
        given.or_else(|| right.map(|(_, value)| (*value).to_owned()))
    })
}

#[test]
fn both_forms_of_the_issuer_are_the_pools_and_each_has_its_keys() {
    let aws = [
        (
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111",
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111/.well-known/jwks.json",
        ),
        (
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111",
            "https://issuer-cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AAAA11111/.well-known/jwks.json",
        ),
    ];
    let emulated = "http://127.0.0.1:4566/eu-west-1_AAAA11111/.well-known/jwks.json";
    for (endpoint, expected) in [
        ("", aws),
        (
            "http://127.0.0.1:4566",
            aws.map(|(issuer, _)| (issuer, emulated)),
        ),
    ] {
        let issuers = with("AWS_ENDPOINT_URL", endpoint).map(|it| it.issuers());
        let expected = expected.map(|(issuer, keys)| (issuer.to_owned(), keys.to_owned()));
        assert_eq!(issuers, Ok(expected), "{endpoint}");
    }
}

#[test]
fn a_setting_that_is_none_is_told_by_its_name() {
    for (name, value) in [
        (USER_POOL_ID, ""),
        (USER_POOL_ID, "eu-west-1"),
        (USER_POOL_ID, "_A"),
        (USER_POOL_ID, "eu-west-1_A/../b"),
        (CLIENT_ID, "a b"),
        (DOMAIN, "team.auth.eu-west-1.amazoncognito.com"),
        (DOMAIN, "https://team.example.com/path"),
        (DOMAIN, "https://team.example.com; script-src *"),
        (DOMAIN, "http://team.example.com"),
        (DOMAIN, "http://127.0.0.1.example.com"),
        (GROUP, ""),
    ] {
        let told = with(name, value).map_err(|faults| faults.to_string());
        let begin = format!("{name} is {value:?}; it is ");
        assert!(
            told.as_ref().is_err_and(|told| told.starts_with(&begin)),
            "{told:?}"
        );
    }
    let none = Settings::from_variables(|_| None);
    assert_eq!(none.map_err(|faults| faults.0.len()), Err(4));
}
