// The console of a made-up app, served by the command from a store of its own.

import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");
const COMMAND = process.env["COGNITO_PINPOINT"] ?? join(ROOT, "target/debug/cognito-pinpoint");
const CONFIG = join(ROOT, "events/acme/config.json");

export interface Console {
  address: string;
  /** What the command prints, run on the same store. */
  run(...args: string[]): string;
  stop(): void;
}

/** How much of an app is made up. */
export interface Size {
  days: number;
  users: number;
}

export async function serveConsole({ days, users }: Size): Promise<Console> {
  const folder = mkdtempSync(join(tmpdir(), "console-"));
  const store = join(folder, "data");
  const events = join(folder, "events.jsonl");
  writeFileSync(events, execFileSync("python3", [join(ROOT, "events/acme/events.py"), "--days", `${days}`, "--users", `${users}`], { maxBuffer: 1 << 28 }));
  execFileSync(COMMAND, ["replay", "--config", CONFIG, "--data-dir", store, events], { maxBuffer: 1 << 28 });
  const server = spawn(COMMAND, ["console", "--data-dir", store, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  return {
    address: await addressOf(server),
    run: (...args) => execFileSync(COMMAND, [...args, "--data-dir", store], { encoding: "utf8", maxBuffer: 1 << 28 }),
    stop() {
      server.kill();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The first line says where it listens. */
async function addressOf(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    assert(address, `no address in ${line}`);
    return address;
  }
  throw new Error("the console ended before it listened");
}
