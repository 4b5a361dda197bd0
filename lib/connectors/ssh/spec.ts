import { z } from "zod";

/** What can be a host: names and addresses, never a list, a path or a whole address. */
const hostText = /^[^\s/,%@:]+$|^[0-9a-f:]+$/i;

/** A machine in between that lets us through to a private network, over SSH. */
export const tunnelSchema = z
  .object({
    use: z.boolean(),
    host: z.string().trim().max(255),
    port: z.coerce
      .number("Enter a port number.")
      .int("Enter a port number.")
      .min(1, "A port is between 1 and 65535.")
      .max(65535, "A port is between 1 and 65535."),
    user: z.string().trim().max(127),
    /** Fingerprint of the key that it showed at the first verification; empty before. */
    hostKey: z.string().max(100).default(""),
  })
  .superRefine(({ use, host, user }, context) => {
    if (!use) return;
    if (!hostText.test(host))
      context.addIssue({
        code: "custom",
        path: ["host"],
        message: "Enter the host name of the SSH server, such as bastion.example.com.",
      });
    if (user === "")
      context.addIssue({
        code: "custom",
        path: ["user"],
        message: "Enter the user on the SSH server.",
      });
  });
export type TunnelConfig = z.infer<typeof tunnelSchema>;

/** A private key, with its passphrase if it has one, or a password; empty: not that way. */
export const tunnelSecretSchema = z.object({
  privateKey: z.string().trim().max(16_384),
  passphrase: z.string().max(256),
  password: z.string().max(256),
});
export type TunnelSecret = z.infer<typeof tunnelSecretSchema>;

export const noTunnel = { use: false, host: "", port: 22, user: "", hostKey: "" } as const;
export const noTunnelSecret: TunnelSecret = { privateKey: "", passphrase: "", password: "" };
