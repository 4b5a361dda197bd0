"use client";
import { Description, FieldError, Label, TextArea, TextField } from "@heroui/react";
import { useState } from "react";
import {
  endpointText,
  leftOut,
  MOST_PASTED,
  parseEndpoint,
  passwordIn,
  shownEndpoint,
  type Endpoint,
} from "@/lib/connectors/redshift/session/endpoint";
import { startOf } from "@/lib/format";

/** What was understood, and what was left out since nobody sees it. */
const inWords = (endpoint: Endpoint, invisible: string[]): string => {
  const without =
    invisible.length > 0
      ? ` Left out, since they can't be seen: characters ${invisible.join(", ")}.`
      : "";
  return `Understood: ${endpointText(endpoint)}.${without}`;
};

/**
 * Takes what one has at hand, fills the fields below from it, and says what it understood. It is not kept: a password in
 * it goes into its own field. Of several lines, since commands are: a field of one line would run them together.
 */
export function ConnectionString({ onEndpoint }: { onEndpoint: (endpoint: Endpoint) => void }) {
  const [text, setText] = useState("");
  const [understood, setUnderstood] = useState<string | null>(null);
  const change = (entered: string) => {
    const pasted = startOf(entered, MOST_PASTED);
    const found = parseEndpoint(pasted);
    setUnderstood(found && inWords(found, leftOut(pasted)));
    setText(shownEndpoint(pasted));
    const password = passwordIn(pasted);
    if (found) onEndpoint(found);
    else if (password) onEndpoint({ password }); // it is hidden here, so it must not be lost
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
      <TextArea
        placeholder="Paste host:port/db, a URL, a psql command or an ODBC string"
        rows={2}
        className="font-mono text-xs"
        spellCheck={false}
        autoComplete="off"
      />
      <Description>{understood ?? "Optional: it fills the fields below."}</Description>
      <FieldError>
        {unclear ? "No host was found in this. Fill in the fields below." : undefined}
      </FieldError>
    </TextField>
  );
}
