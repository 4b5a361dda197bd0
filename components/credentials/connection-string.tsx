"use client";
import { Description, FieldError, Input, Label, TextField } from "@heroui/react";
import { useState } from "react";
import { endpointText, parseEndpoint, type Endpoint } from "@/lib/connectors/redshift/endpoint";

const MASK = "•••";

/** Takes what one has at hand, fills the fields below from it, and says what it understood. It is not kept: a password in it goes into its own field. */
export function ConnectionString({ onEndpoint }: { onEndpoint: (endpoint: Endpoint) => void }) {
  const [text, setText] = useState("");
  const [understood, setUnderstood] = useState<string | null>(null);
  const change = (pasted: string) => {
    const found = pasted.trim() === "" ? null : parseEndpoint(pasted);
    setUnderstood(found ? endpointText(found) : null);
    if (found?.password === MASK) delete found.password; // it went into its own field before
    setText(
      found?.password
        ? pasted
            .replaceAll(found.password, MASK)
            .replaceAll(encodeURIComponent(found.password), MASK)
        : pasted,
    );
    if (found) onEndpoint(found);
  };
  const unclear = text.trim() !== "" && understood === null;
  return (
    <TextField
      value={text}
      onChange={change}
      isInvalid={unclear}
      validationBehavior="aria"
      fullWidth
    >
      <Label>Connection string</Label>
      <Input
        placeholder="Paste host:port/db, a JDBC URL or a psql line"
        className="font-mono"
        spellCheck={false}
        autoComplete="off"
      />
      <Description>
        {understood ? `Understood: ${understood}.` : "Optional: it fills the fields below."}
      </Description>
      <FieldError>
        {unclear ? "No host was found in this. Fill in the fields below." : undefined}
      </FieldError>
    </TextField>
  );
}
