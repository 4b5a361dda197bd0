// OpenSSH's own server, where this machine has one: on a free port, with a configuration, a host key and an authorized
// key of its own. It lets in the account that the tests run as.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort, temporaryDir } from "@/scripts/services";
import type { TunnelConfig, TunnelSecret } from "@/lib/connectors/ssh/spec";

/** Null where there is none to be found. */
export const sshdPath = (): string | null =>
  ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path)) ?? null;

export type Sshd = {
  tunnel: TunnelConfig;
  secret: TunnelSecret;
  hostKey: string;
  stop(): Promise<void>;
};

/** `extra` are further lines of sshd_config. */
export async function startSshd(path: string, extra: string[] = []): Promise<Sshd> {
  const { dir, remove } = temporaryDir("tidegate-sshd-");
  const key = (name: string) => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(dir, name)]);
    return join(dir, name);
  };
  const [hostKey, userKey] = [key("host"), key("user")];
  const { username: user, uid } = userInfo();
  // only root's server splits its privileges, and needs this folder for it
  if (uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const port = await freePort();
  const config = join(dir, "sshd_config");
  writeFileSync(
    config,
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${userKey}.pub`,
      `PidFile ${join(dir, "pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "LogLevel ERROR",
      ...extra,
      "",
    ].join("\n"),
  );
  const child = spawn(path, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  await Promise.race([
    greeted(port),
    exited.then(() => {
      throw new Error(`sshd ended: ${said}`);
    }),
  ]);
  return {
    tunnel: { use: true, host: "127.0.0.1", port, user, hostKey: "" },
    secret: { privateKey: readFileSync(userKey, "utf8"), passphrase: "", password: "" },
    hostKey:
      execFileSync("ssh-keygen", ["-lf", `${hostKey}.pub`], { encoding: "utf8" }).split(" ")[1] ??
      "",
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
      remove();
    },
  };
}

/** Resolves once a server greets at the port. */
function greeted(port: number): Promise<void> {
  return new Promise((ready) => {
    const attempt = () => {
      const socket: Socket = connect(port, "127.0.0.1");
      socket.once("data", () => {
        socket.destroy();
        ready();
      });
      socket.once("error", () => setTimeout(attempt, 20));
    };
    attempt();
  });
}
