//! The examples at the end of each command's help.

pub const ALL: &str = "\
Examples:
  cognito-pinpoint replay events/scenarios                        figures of sample events, on this machine alone
  cognito-pinpoint metrics --last 12w                             figures of the deployed stack cognito-pinpoint
  cognito-pinpoint doctor --user-pool-id eu-west-1_AAAA11111      what is wrong with it, and what to do
  cognito-pinpoint COMMAND --help                                 more, with examples";

pub const REPLAY: &str = "\
Examples:
  cognito-pinpoint replay events/scenarios
  cognito-pinpoint replay --config analytics-config.json --data-dir data trigger-events.jsonl
  cognito-pinpoint replay --format json --events-out sent.jsonl - < trigger-events.jsonl
  cognito-pinpoint replay --spilled --stack cognito-pinpoint saved.log";

pub const METRICS: &str = "\
Examples:
  cognito-pinpoint metrics                                        the last 30 days
  cognito-pinpoint metrics --stack shop --last 12w --by platform
  cognito-pinpoint metrics --data-dir data --from 2026-01-01 --to 2026-02-28 --where platform=iOS
  cognito-pinpoint metrics --data-dir data --last 6mo --months --format csv
  cognito-pinpoint metrics --last 90d --chart mau                 drawn, with the annotations";

pub const IMPORT: &str = "\
Examples:
  cognito-pinpoint import --user-pool-id eu-west-1_AAAA11111 --config config.json --dry-run records
  cognito-pinpoint import --user-pool-id eu-west-1_AAAA11111 --data-dir data records/2026 more.jsonl
  cognito-pinpoint import --user-pool-id eu-west-1_AAAA11111 --config config.json \\
    --endpoints export.csv.gz --before 2026-03-01 records";

pub const USERS: &str = "\
Examples:
  cognito-pinpoint users --data-dir data --inactive-for 90d --format csv
  cognito-pinpoint users --stack shop --new-since 2026-03-01";

pub const ANNOTATE: &str = "\
Examples:
  cognito-pinpoint annotate today \"v2.4.1 released\"              in a deploy pipeline; again, it changes nothing
  cognito-pinpoint annotate --stack shop 2026-03-02 \"Newsletter campaign\"
  cognito-pinpoint annotate --data-dir data --delete 2026-03-02 \"Newsletter campaign\"";

pub const CONSOLE: &str = "\
Examples:
  cognito-pinpoint console --data-dir data --open
  cognito-pinpoint console --stack shop --profile prod --port 9999";

pub const REDRIVE: &str = "\
Examples:
  cognito-pinpoint redrive --dry-run                              what waits in the queue, and why
  cognito-pinpoint redrive --stack shop --profile prod";

pub const PINPOINT_LOCAL: &str = "\
Example:
  cognito-pinpoint pinpoint-local --port 8888 --data-dir data
  aws pinpoint get-apps --endpoint-url http://127.0.0.1:8888";

pub const CONFIG_CHECK: &str = "\
Examples:
  cognito-pinpoint config check analytics-config.json
  cognito-pinpoint config check analytics-config.json --user-pool-id eu-west-1_AAAA11111 --format json";

pub const CONFIG_IMPORT: &str = "\
Example:
  cognito-pinpoint config import --user-pool-id eu-west-1_AAAA11111 --profile prod";

pub const COMPLETIONS: &str = "\
Examples:
  cognito-pinpoint completions bash > ~/.local/share/bash-completion/completions/cognito-pinpoint
  cognito-pinpoint completions zsh > ~/.zfunc/_cognito-pinpoint
  cognito-pinpoint completions fish > ~/.config/fish/completions/cognito-pinpoint.fish";

pub const LOCAL: &str = "\
Example:
  cognito-pinpoint local --data-dir data -- cargo lambda watch";

pub const ATTACH: &str = "\
Examples:
  cognito-pinpoint attach --user-pool-id eu-west-1_AAAA11111 --dry-run
  cognito-pinpoint attach --user-pool-id eu-west-1_AAAA11111 --pre-token-generation --stack shop";

pub const DETACH: &str = "\
Example:
  cognito-pinpoint detach --user-pool-id eu-west-1_AAAA11111 --dry-run";

pub const DOCTOR: &str = "\
Examples:
  cognito-pinpoint doctor --user-pool-id eu-west-1_AAAA11111
  cognito-pinpoint doctor --user-pool-id eu-west-1_AAAA11111 --stack shop --profile prod --format json";

pub const SYNC: &str = "\
Examples:
  cognito-pinpoint sync --user-pool-id eu-west-1_AAAA11111 --config analytics-config.json --dry-run
  cognito-pinpoint sync --user-pool-id eu-west-1_AAAA11111 --config analytics-config.json --endpoints-per-second 50
  cognito-pinpoint sync --user-pool-id eu-west-1_AAAA11111 --config analytics-config.json --destination archive";

pub const REPUBLISH: &str = "\
Examples:
  cognito-pinpoint republish --config analytics-config.json --from yesterday --to today \\
    --destination archive --dry-run
  cognito-pinpoint republish --config analytics-config.json --from 2026-03-01 --to 2026-03-07 \\
    --destination archive --stack shop";

pub const FORGET: &str = "\
Examples:
  cognito-pinpoint forget --user-pool-id eu-west-1_AAAA11111 --config config.json --dry-run \\
    --sub 7c0d2f3e-0000-4000-8000-000000000001
  cognito-pinpoint forget --user-pool-id eu-west-1_AAAA11111 --config config.json --yes \\
    --sub 7c0d2f3e-0000-4000-8000-000000000001";
