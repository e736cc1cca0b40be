//! The recipe that disables in Cognito whoever has not signed in for long, from the list that `users` prints.

use std::path::Path;

use chrono::{Duration, Utc};
use serde_json::json;

use crate::support::command::{cognito_pinpoint, done, errors_of, json_of, python_program};
use crate::support::ministack::Ministack;
use crate::support::repository;
use crate::support::trigger::{Trigger, entry};

/// A pool's users, who have signed in so many days ago, and the list of those who have not for 90 days.
struct Scene {
    ministack: Ministack,
    folder: tempfile::TempDir,
    pool: String,
}

const DAYS_AGO: [(&str, i64); 4] = [("ada", 200), ("ben", 90), ("cleo", 89), ("dan", 0)];

impl Scene {
    async fn start() -> Self {
        let ministack = Ministack::start().await;
        let pool = ministack.user_pool().await;
        let folder = tempfile::tempdir().unwrap();
        let mut lines = Vec::new();
        for (name, days) in DAYS_AGO {
            let sub = ministack.user(&pool, name, &[]).await;
            lines.push(signed_in(&pool, &sub, days));
        }
        lines.push(signed_in(
            &pool,
            "7c0d2f3e-0000-4000-8000-000000000001",
            100,
        ));
        lines.push(signed_in("eu-west-1_BBBB22222", "s-1", 100));
        std::fs::write(folder.path().join("events.jsonl"), lines.join("\n")).unwrap();
        let scene = Self {
            ministack,
            folder,
            pool,
        };
        let mut replay = cognito_pinpoint();
        replay.args(["replay", "--format", "json", "--data-dir"]);
        replay.arg(scene.path("data"));
        json_of(replay.arg(scene.path("events.jsonl")));
        let mut users = cognito_pinpoint();
        users.args([
            "users",
            "--inactive-for",
            "90d",
            "--format",
            "csv",
            "--data-dir",
        ]);
        let listed = done(users.arg(scene.path("data"))).stdout;
        std::fs::write(scene.path("inactive.csv"), listed).unwrap();
        scene
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// What the recipe says of all, with these arguments.
    fn disable(&self, list: &Path, arguments: &[&str]) -> String {
        let mut disable = python_program("python");
        disable.arg(repository("infra/disable_inactive.py"));
        disable.args(["--user-pool-id", &self.pool]).args(arguments);
        disable.env("AWS_ENDPOINT_URL", self.ministack.url());
        let output = disable.arg(list).output().unwrap();
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        let last = printed.lines().last().unwrap_or_default();
        format!("{last}{}", errors_of(&output))
    }

    /// Those who may sign in.
    async fn enabled(&self) -> Vec<String> {
        let list = self.ministack.cognito().list_users();
        let users = list.user_pool_id(&self.pool).send().await.unwrap();
        let users = users.users.unwrap_or_default().into_iter();
        let enabled = users.filter(|user| user.enabled);
        let mut names: Vec<String> = enabled.filter_map(|user| user.username).collect();
        names.sort();
        names
    }
}

fn signed_in(pool: &str, sub: &str, days_ago: i64) -> String {
    let mut event = Trigger::PostAuthentication.event(sub, &json!({}));
    event["userPoolId"] = json!(pool);
    entry(Utc::now() - Duration::days(days_ago), event).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_signed_in_for_long_is_disabled_and_nobody_else() {
    let scene = Scene::start().await;
    let list = scene.path("inactive.csv");
    let shown = "1 not in the pool, 1 of another pool, 2 would be disabled";
    assert_eq!(scene.disable(&list, &[]), shown);
    assert_eq!(scene.enabled().await, ["ada", "ben", "cleo", "dan"]);
    let done = "2 disabled, 1 not in the pool, 1 of another pool";
    assert_eq!(scene.disable(&list, &["--yes"]), done);
    assert_eq!(scene.enabled().await, ["cleo", "dan"]);
    let again = "2 disabled already, 1 not in the pool, 1 of another pool";
    assert_eq!(scene.disable(&list, &["--yes"]), again);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_never_active_is_disabled_only_when_that_is_wanted() {
    let scene = Scene::start().await;
    let cleo = scene.ministack.cognito().admin_get_user();
    let cleo = cleo.user_pool_id(&scene.pool).username("cleo");
    let attributes = cleo.send().await.unwrap().user_attributes.unwrap();
    let sub = attributes.into_iter().find(|it| it.name == "sub").unwrap();
    let sub = sub.value.unwrap();
    let list = scene.path("never.csv");
    let head = "project,userPoolId,sub,firstActive,lastActive,activeDays";
    let text = format!("{head}\n{},{},\"{sub}\",,,0\n", "0".repeat(32), scene.pool);
    std::fs::write(&list, text).unwrap();
    let left = "1 never active, left alone";
    assert_eq!(scene.disable(&list, &["--yes"]), left);
    assert_eq!(
        scene.disable(&list, &["--yes", "--never-active"]),
        "1 disabled"
    );
    assert_eq!(scene.enabled().await, ["ada", "ben", "dan"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_of_users_disables_nobody() {
    let scene = Scene::start().await;
    let list = scene.path("other.csv");
    let told = |fault: &str| format!("error: {}{fault}\n", list.display());
    let no_column =
        told(": no column userPoolId: give what cognito-pinpoint users --format csv printed");
    let cut = told(":2: not as many columns as the first line: is the list complete?");
    for (text, expected) in [
        ("sub,lastActive\ns-1,\n", &no_column),
        ("", &no_column),
        ("userPoolId,sub,lastActive\neu-west-1_A\n", &cut),
    ] {
        std::fs::write(&list, text).unwrap();
        assert_eq!(&scene.disable(&list, &["--yes"]), expected);
    }
    assert_eq!(scene.enabled().await.len(), 4);
}
