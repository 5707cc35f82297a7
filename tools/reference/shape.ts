/** A JSON Schema as a reader of TypeScript would write it, with the descriptions as comments. */
export type Schema = Readonly<Record<string, unknown>>;

const words: Readonly<Record<string, string>> = {
  'date-time': 'string (ISO 8601)',
  uuid: 'string (UUID)',
};

export function shapeOf(schema: Schema, indent = ''): string {
  const { type, anyOf, oneOf, enum: choices, format, items, properties, additionalProperties } = schema;
  const alternatives = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (alternatives) return alternatives.map((one) => shapeOf(one, indent)).join(' | ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (Array.isArray(choices)) return choices.map((choice) => JSON.stringify(choice)).join(' | ');
  if (type === 'array') {
    const inner = shapeOf(items as Schema, indent);
    return inner.includes(' | ') && !inner.startsWith('{') ? `(${inner})[]` : `${inner}[]`;
  }
  if (type === 'object' && properties) {
    const required = new Set((schema.required as readonly string[] | undefined) ?? []);
    const lines = Object.entries(properties as Record<string, Schema>).map(([name, field]) => {
      const comment = typeof field.description === 'string' ? `  // ${field.description}` : '';
      const preset = 'default' in field ? ` = ${JSON.stringify(field.default)}` : '';
      return `${indent}  ${name}${required.has(name) ? '' : '?'}: ${shapeOf(field, `${indent}  `)}${preset}${comment}`;
    });
    return `{\n${lines.join('\n')}\n${indent}}`;
  }
  if (type === 'object')
    return additionalProperties && typeof additionalProperties === 'object'
      ? `{ [name]: ${shapeOf(additionalProperties as Schema, indent) || 'any'} }`
      : 'object';
  if (typeof format === 'string' && words[format]) return words[format];
  return typeof type === 'string' ? type : 'any';
}
