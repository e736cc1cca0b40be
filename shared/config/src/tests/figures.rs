//! `TimeZone`, `Dimensions`, `Exclude` and the clients' names.

use super::*;

/// A configuration of a default, and these fields beside it.
fn with(fields: &str) -> String {
    format!(r#"{{{fields}, "Default": {{"ApplicationId": "{ID}"}}}}"#)
}

/// The zone, the dimensions, and who is left out: the clients, the domains and the attributes.
type Figures = (String, Vec<String>, [Vec<String>; 3]);

fn figures(config: &Config) -> Figures {
    let attributes = config.exclude().attributes();
    let attributes = attributes.map(|(name, values)| format!("{name}: {values:?}"));
    let excluded = [
        config
            .exclude()
            .clients()
            .map(ToString::to_string)
            .collect(),
        config
            .exclude()
            .email_domains()
            .map(str::to_owned)
            .collect(),
        attributes.collect(),
    ];
    let dimensions = config.dimensions().iter();
    (
        config.time_zone().to_string(),
        dimensions.map(ToString::to_string).collect(),
        excluded,
    )
}

fn expected(zone: &str, dimensions: &[&str], excluded: [&[&str]; 3]) -> Figures {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    (zone.to_owned(), owned(dimensions), excluded.map(owned))
}

const DEFAULT_DIMENSIONS: [&str; 5] = ["platform", "appVersion", "locale", "client", "provider"];

#[test]
fn figures_are_of_the_zone_the_dimensions_and_the_users_that_are_given() {
    let ten = [
        "platform",
        "platformVersion",
        "appVersion",
        "locale",
        "make",
        "model",
        "client",
        "provider",
        "group",
        "client+platform",
    ];
    let list = |names: &[&str]| format!("{names:?}");
    for (fields, expected) in [
        (
            r#""TimeZone": null, "Dimensions": null, "Exclude": null"#.to_owned(),
            expected("UTC", &DEFAULT_DIMENSIONS, [&[], &[], &[]]),
        ),
        (
            r#""TimeZone": "Europe/Berlin", "Dimensions": [], "Exclude": {}"#.to_owned(),
            expected("Europe/Berlin", &[], [&[], &[], &[]]),
        ),
        (
            format!(r#""TimeZone": "America/Argentina/Buenos_Aires", "Dimensions": {}"#, list(&ten)),
            expected("America/Argentina/Buenos_Aires", &ten, [&[], &[], &[]]),
        ),
        (
            r#""Dimensions": ["attribute:custom:tenant", "app:plan", "attribute:custom:tenant+app:plan"],
               "Exclude": {"Clients": null, "EmailDomains": null, "Attributes": null}"#.to_owned(),
            expected(
                "UTC",
                &["attribute:custom:tenant", "app:plan", "attribute:custom:tenant+app:plan"],
                [&[], &[], &[]],
            ),
        ),
        (
            r#""Exclude": {"Clients": ["b", "a", "b"], "EmailDomains": ["Example.TEST", "localhost", "ÜNI.test"],
               "Attributes": {"custom:internal": ["true", "yes"], "sub": ["s-1"], "custom:none": []}}"#.to_owned(),
            expected(
                "UTC",
                &DEFAULT_DIMENSIONS,
                [
                    &["a", "b"],
                    &["example.test", "localhost", "üni.test"],
                    &[r#"custom:internal: {"true", "yes"}"#, "custom:none: {}", r#"sub: {"s-1"}"#],
                ],
            ),
        ),
    ] {
        assert_eq!(figures(&config(&with(&fields))), expected, "{fields}");
    }
    for config in [
        Config::empty(),
        Config::local_default(),
        Config::of_projects([ProjectId::new(ID)]),
    ] {
        assert_eq!(
            figures(&config),
            expected("UTC", &DEFAULT_DIMENSIONS, [&[], &[], &[]])
        );
    }
}

#[test]
fn a_faulty_time_zone_is_refused_with_the_nearest() {
    const FORM: &str = "give its IANA name, like Europe/Berlin, or UTC";
    for (zone, expected) in [
        (
            r#""Europe/Berlim""#,
            "is \"Europe/Berlim\", which is no time zone; did you mean \"Europe/Berlin\"?"
                .to_owned(),
        ),
        (
            r#""europe/berlin""#,
            "is \"europe/berlin\", which is no time zone; did you mean \"Europe/Berlin\"?"
                .to_owned(),
        ),
        (
            r#""Berlin""#,
            "is \"Berlin\", which is no time zone; did you mean \"Europe/Berlin\"?".to_owned(),
        ),
        (
            r#""New York""#,
            "is \"New York\", which is no time zone; did you mean \"America/New_York\"?".to_owned(),
        ),
        (
            r#""utc""#,
            "is \"utc\", which is no time zone; did you mean \"UTC\"?".to_owned(),
        ),
        (r#""""#, format!("is \"\", which is no time zone; {FORM}")),
        (
            r#""UTC+2""#,
            format!("is \"UTC+2\", which is no time zone; {FORM}"),
        ),
        (
            r#""+02:00""#,
            format!("is \"+02:00\", which is no time zone; {FORM}"),
        ),
        (
            r#""somewhere else altogether""#,
            format!("is \"somewhere else altogether\", which is no time zone; {FORM}"),
        ),
        ("7", "is a number; must be a string".to_owned()),
    ] {
        check_faults(
            &with(&format!(r#""TimeZone": {zone}"#)),
            &format!("TimeZone: {expected}"),
        );
    }
}

#[test]
fn faulty_dimensions_are_refused_each_with_its_place() {
    for (dimensions, expected) in [
        (
            r#""platform""#,
            "Dimensions: is a string; must be a list of strings",
        ),
        (
            r#"["platform", 7, null, "Platform", "", "tenant"]"#,
            "Dimensions[1]: is a number; must be a string\n\
             Dimensions[2]: is null; must be a string\n\
             Dimensions[3]: is no known dimension; did you mean \"platform\"?\n\
             Dimensions[4]: is no known dimension; known are platform, platformVersion, appVersion, locale, make, \
             model, client, provider, attribute:<name>, app:<name>, group\n\
             Dimensions[5]: is no known dimension; known are platform, platformVersion, appVersion, locale, make, \
             model, client, provider, attribute:<name>, app:<name>, group",
        ),
        (
            r#"["client+plattform", "appversion+client", "client+", "custom:tenant", "attributes:custom:tenant",
                "analytics:plan", "App:plan", "client+custom:tenant", "appVersions"]"#,
            "Dimensions[0]: has \"plattform\", which is no known dimension; did you mean \"platform\"?\n\
             Dimensions[1]: has \"appversion\", which is no known dimension; did you mean \"appVersion\"?\n\
             Dimensions[2]: has \"\", which is no known dimension; known are platform, platformVersion, appVersion, \
             locale, make, model, client, provider, attribute:<name>, app:<name>, group\n\
             Dimensions[3]: is no known dimension; did you mean \"attribute:custom:tenant\"?\n\
             Dimensions[4]: is no known dimension; did you mean \"attribute:custom:tenant\"?\n\
             Dimensions[5]: is no known dimension; did you mean \"app:plan\"?\n\
             Dimensions[6]: is no known dimension; did you mean \"app:plan\"?\n\
             Dimensions[7]: has \"custom:tenant\", which is no known dimension; did you mean \"attribute:custom:tenant\"?\n\
             Dimensions[8]: is no known dimension; did you mean \"appVersion\"?",
        ),
        (
            r#"["attribute:email", "client+attribute:sub", "app:a=b", "app:a,b", "attribute:a#b", "app:",
                "client+group", "client+client", "client+platform+locale"]"#,
            "Dimensions[0]: would hold personal data: figures are never broken down by email\n\
             Dimensions[1]: would hold personal data: figures are never broken down by sub\n\
             Dimensions[2]: has '=', which no dimension's name may hold\n\
             Dimensions[3]: has ',', which no dimension's name may hold\n\
             Dimensions[4]: has '#', which no dimension's name may hold\n\
             Dimensions[5]: has no name after \"app:\", or one of more than 50 characters\n\
             Dimensions[6]: is a pair with group, of which a user has several; give group by itself\n\
             Dimensions[7]: is a pair of one property with itself\n\
             Dimensions[8]: has more than two properties; a pair looks like client+platform",
        ),
        (
            r#"["client", "client+platform", "client", "locale", "platform+client", "client+platform"]"#,
            "Dimensions[2]: breaks figures down by client, as Dimensions[0] does; keep one\n\
             Dimensions[4]: breaks figures down by client+platform, as Dimensions[1] does; keep one\n\
             Dimensions[5]: breaks figures down by client+platform, as Dimensions[1] does; keep one",
        ),
        (
            r#"["app:1", "app:2", "app:3", "app:4", "app:5", "app:6", "app:7", "app:8", "app:9", "app:10", "app:11"]"#,
            "Dimensions: has 11 dimensions; keep 10 at most",
        ),
    ] {
        check_faults(&with(&format!(r#""Dimensions": {dimensions}"#)), expected);
    }
}

#[test]
fn a_faulty_exclusion_is_refused_with_its_path() {
    const FORM: &str =
        "a domain is written whole, like example.test: what follows the @ of its addresses";
    let domains = format!(
        "Exclude.EmailDomains[1]: is \"ada@example.test\"; {FORM}\n\
         Exclude.EmailDomains[2]: is \"\"; {FORM}\n\
         Exclude.EmailDomains[3]: is \"@example.test\"; {FORM}\n\
         Exclude.EmailDomains[4]: is \"*.example.test\"; {FORM}\n\
         Exclude.EmailDomains[5]: is \".example.test\"; {FORM}\n\
         Exclude.EmailDomains[6]: is \" example.test\"; {FORM}\n\
         Exclude.EmailDomains[7]: is \"a\\nb\"; {FORM}\n\
         Exclude.EmailDomains[8]: is a number; must be a string"
    );
    for (exclude, expected) in [
        ("[]", "Exclude: is a list; must be an object"),
        (
            r#"{"Client": [], "EmailDomain": [], "Users": []}"#,
            "Exclude.Client: is not a known field; did you mean \"Clients\"?\n\
             Exclude.EmailDomain: is not a known field; did you mean \"EmailDomains\"?\n\
             Exclude.Users: is not a known field; known are Clients, EmailDomains, Attributes",
        ),
        (
            r#"{"Clients": "a", "EmailDomains": {}, "Attributes": ["a"]}"#,
            "Exclude.Clients: is a string; must be a list of strings\n\
             Exclude.EmailDomains: is an object; must be a list of strings\n\
             Exclude.Attributes: is a list; must be an object",
        ),
        (
            r#"{"Clients": ["a", "", null, " "]}"#,
            "Exclude.Clients[1]: is no client; an app client's id is not empty\n\
             Exclude.Clients[2]: is null; must be a string\n\
             Exclude.Clients[3]: is no client; an app client's id is not empty",
        ),
        (
            r#"{"EmailDomains": ["example.test", "ada@example.test", "", "@example.test", "*.example.test",
                ".example.test", " example.test", "a\nb", 7]}"#,
            &domains,
        ),
        (
            r#"{"Attributes": {"custom:internal": "true", "": ["x"], "custom:test": [true, "yes"], "a": null, "a": []}}"#,
            "Exclude.Attributes.a: is given more than once; keep one\n\
             Exclude.Attributes.custom:internal: is a string; must be a list of strings\n\
             Exclude.Attributes.\"\": is no attribute; the name of a Cognito attribute is not empty\n\
             Exclude.Attributes.custom:test[0]: is a boolean; must be a string\n\
             Exclude.Attributes.a: is null; must be a list of strings",
        ),
    ] {
        check_faults(&with(&format!(r#""Exclude": {exclude}"#)), expected);
    }
}

#[test]
fn a_clients_name_is_a_line_of_text_and_the_default_has_none() {
    let long = "é".repeat(100);
    let json = format!(
        r#"{{"Clients": {{"a": {{"ApplicationId": "{ID}", "Name": "Web"}}, "b": {{"ApplicationId": "{ID}"}},
            "c": {{"ApplicationId": "{ID}", "Name": "{long}"}}}}, "Default": {{"ApplicationId": "{ID}"}}}}"#
    );
    let config = config(&json);
    let names: Vec<_> = config.client_names().collect();
    let (a, c) = (ClientId::new("a"), ClientId::new("c"));
    assert_eq!(names, [(&a, "Web"), (&c, long.as_str())]);

    let too_long = format!("\"{long}x\"");
    for (name, expected) in [
        (
            r#""""#,
            "is empty; give the name that people know the client by, or none",
        ),
        (
            r#"" ""#,
            "is empty; give the name that people know the client by, or none",
        ),
        (
            &too_long,
            "is 101 characters long; a client's name has 100 at most",
        ),
        (
            r#""a\nb""#,
            "has a control character, such as a line end; a client's name is one line",
        ),
        ("[]", "is a list; must be a string"),
    ] {
        let json =
            format!(r#"{{"Clients": {{"a": {{"ApplicationId": "{ID}", "Name": {name}}}}}}}"#);
        check_faults(&json, &format!("Clients.a.Name: {expected}"));
    }
    check_faults(
        &format!(r#"{{"Default": {{"ApplicationId": "{ID}", "Name": "Web"}}}}"#),
        "Default.Name: is a client's; the default is of all that are not named, so give none",
    );
}
