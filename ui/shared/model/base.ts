/** What every part of the model uses. Decimal = text, Time = ISO 8601 with offset. */

export type Time = string;

export interface Person {
  username: string;
  name: string;
}

export interface Refused {
  line: number;
  code: string;
  message: string;
}

export interface Page<Row> {
  total: number;
  rows: Row[];
}
