//! A function's resource policy.

use cognito::user_pool::PoolArn;
use serde_json::Value;

use super::{COGNITO, statement_id};

/// Who may invoke a function.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Policy {
    statements: Vec<Value>,
}

impl Policy {
    /// Reads the policy's document. One that is none permits nothing.
    pub fn parse(document: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let statements = document.get("Statement").and_then(Value::as_array);
        Self {
            statements: statements.cloned().unwrap_or_default(),
        }
    }

    /// Whether it has the statement that [`super::Functions::add_permission`] adds for a pool.
    pub fn has_statement_of(&self, pool: &PoolArn) -> bool {
        let id = statement_id(pool);
        self.statements
            .iter()
            .any(|statement| statement.get("Sid").is_some_and(|sid| *sid == *id))
    }

    /// Whether Cognito may invoke the function for a pool, by this statement or by anybody's.
    pub fn permits(&self, pool: &PoolArn) -> bool {
        self.statements.iter().any(|statement| {
            let is_or_has = |path, text| is_or_has(statement.pointer(path), text);
            is_or_has("/Effect", "Allow")
                && is_or_has("/Principal/Service", COGNITO)
                && ["lambda:InvokeFunction", "lambda:*"]
                    .iter()
                    .any(|it| is_or_has("/Action", it))
                && condition_holds(statement.get("Condition"), pool)
        })
    }
}

/// Whether a value is this text, in capitals or not, or a list of which one is.
fn is_or_has(value: Option<&Value>, text: &str) -> bool {
    let is = |value: &Value| {
        value
            .as_str()
            .is_some_and(|it| it.eq_ignore_ascii_case(text))
    };
    match value {
        Some(Value::Array(values)) => values.iter().any(is),
        Some(value) => is(value),
        None => false,
    }
}

/// The operators that ask for a likeness; where another is used, it is taken to hold.
const LIKE: [&str; 4] = ["ArnEquals", "ArnLike", "StringEquals", "StringLike"];

/// Whether a statement's conditions on where the call comes from let the pool's through; others than these two
/// hold for all that is known here.
fn condition_holds(condition: Option<&Value>, pool: &PoolArn) -> bool {
    let operators = condition.and_then(Value::as_object).into_iter().flatten();
    let known = operators.filter(|(operator, _)| LIKE.contains(&operator.as_str()));
    let mut keys = known.filter_map(|(_, keys)| keys.as_object()).flatten();
    keys.all(|(key, wanted)| {
        let has = match key.to_ascii_lowercase().as_str() {
            "aws:sourcearn" => pool.as_str(),
            "aws:sourceaccount" => pool.account(),
            _ => return true,
        };
        match wanted {
            Value::Array(all) => all.iter().any(|wanted| is_like(has, wanted)),
            one => is_like(has, one),
        }
    })
}

/// Whether a text matches a pattern, in which `*` stands for anything.
fn is_like(text: &str, pattern: &Value) -> bool {
    let mut parts = pattern.as_str().unwrap_or_default().split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_permits_whom_its_statements_let_through() {
        let arn = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/eu-west-1_AAAA11111";
        let pool = PoolArn::parse(arn).unwrap();
        let cognito = json!({"Service": COGNITO});
        for (principal, condition, permits) in [
            (
                &cognito,
                json!({"ArnLike": {"AWS:SourceArn": arn}, "StringEquals": {"AWS:SourceAccount": "111122223333"}}),
                true,
            ),
            (
                &cognito,
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:cognito-idp:*:111122223333:userpool/*"}}),
                true,
            ),
            (
                &cognito,
                json!({"ArnLike": {"aws:SourceArn": ["arn:aws:s3:::b", arn]}}),
                true,
            ),
            (&cognito, json!(null), true),
            (
                &cognito,
                json!({"ArnLike": {"AWS:SourceArn": format!("{arn}2")}}),
                false,
            ),
            (
                &cognito,
                json!({"ArnLike": {"AWS:SourceArn": "arn:*:userpool/us-*"}}),
                false,
            ),
            (
                &cognito,
                json!({"StringEquals": {"AWS:SourceAccount": "444455556666"}}),
                false,
            ),
            (
                &json!({"Service": "events.amazonaws.com"}),
                json!(null),
                false,
            ),
            (&json!("*"), json!(null), false),
        ] {
            let statement = json!({"Sid": "1", "Effect": "Allow", "Principal": principal,
                "Action": "lambda:InvokeFunction", "Condition": condition});
            let policy = Policy::parse(&json!({"Statement": [statement]}).to_string());
            assert_eq!(policy.permits(&pool), permits, "{statement}");
        }
        assert!(!Policy::parse("").permits(&pool));
    }
}
