// What publish is compared with: a program that only counts. A batch's users are read together; then each user's state and what the
// sign-in adds to the day's rows, of the whole and of five dimensions, and to two cohorts, are written in a transaction, all users'
// side by side. It sends nothing, and knows no attempts.
//
// Usage: node publish_peer.cjs DYNAMODB_URL USERS BATCHES. Prints the milliseconds of a batch, the median.
const path = require("node:path");
const { createRequire } = require("node:module");
const packages = createRequire(path.join(__dirname, "../.venv-node/cognito-local/package.json"));
const { DynamoDBClient, BatchGetItemCommand, CreateTableCommand, TransactWriteItemsCommand } = packages("@aws-sdk/client-dynamodb");

const [url, users, batches] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const client = new DynamoDBClient({ endpoint: url, region: "eu-west-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } });
const PLATFORMS = ["iOS", "Android", "Web"];
const LOCALES = ["en_US", "de_DE", "fr_FR", "ja_JP"];

const table = (name, ...keys) =>
    client.send(
        new CreateTableCommand({
            TableName: name,
            BillingMode: "PAY_PER_REQUEST",
            AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
            KeySchema: keys.map((AttributeName, at) => ({ AttributeName, KeyType: at ? "RANGE" : "HASH" })),
        }),
    );

const key = (user) => ({ user: { S: `user-${user}` } });

function transaction(user, batch, state) {
    const version = Number(state?.version.N ?? 0);
    const last = state ? batch - Number(state.last.N) : "never";
    const days = [...(state?.days.L ?? []), { N: String(batch) }];
    const segments = ["whole", `platform=${PLATFORMS[user % 3]}`, "appVersion=unknown", `locale=${LOCALES[user % 4]}`, "client=c", "provider=Cognito"];
    const shard = Math.floor(Math.random() * 8);
    const add = (sort, column) => ({
        Update: {
            TableName: "metrics",
            Key: { shard: { S: `p#${shard}` }, sort: { S: sort } },
            UpdateExpression: "ADD signIns :one, #r :one",
            ExpressionAttributeNames: { "#r": String(column) },
            ExpressionAttributeValues: { ":one": { N: "1" } },
        },
    });
    const put = {
        TableName: "users",
        Item: { ...key(user), version: { N: String(version + 1) }, last: { N: String(batch) }, days: { L: days } },
        ...(state
            ? {
                  ConditionExpression: "version = :read",
                  ExpressionAttributeValues: { ":read": { N: String(version) } },
              }
            : { ConditionExpression: "attribute_not_exists(#u)", ExpressionAttributeNames: { "#u": "user" } }),
    };
    const cohorts = [add("week", `w${batch}`), add("month", `m${batch}`)];
    return new TransactWriteItemsCommand({
        TransactItems: [{ Put: put }, ...segments.map((segment) => add(`${segment}#${batch}`, `r${last}`)), ...cohorts],
    });
}

async function publish(batch) {
    const numbers = [...Array(users).keys()];
    const read = await client.send(new BatchGetItemCommand({ RequestItems: { users: { Keys: numbers.map(key) } } }));
    const states = new Map(read.Responses.users.map((item) => [item.user.S, item]));
    await Promise.all(numbers.map((user) => client.send(transaction(user, batch, states.get(`user-${user}`)))));
}

async function main() {
    await table("users", "user");
    await table("metrics", "shard", "sort");
    const times = [];
    for (let batch = 0; batch < batches; batch += 1) {
        const begun = performance.now();
        await publish(batch);
        times.push(performance.now() - begun);
    }
    times.sort((one, other) => one - other);
    console.log(times[Math.floor(times.length / 2)]);
}

main();
