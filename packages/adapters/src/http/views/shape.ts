type Optional<Shape> = {
  [K in keyof Shape as undefined extends Shape[K] ? K : never]?: Exclude<Shape[K], undefined>;
};
type Kept<Shape> = { [K in keyof Shape as undefined extends Shape[K] ? never : K]: Shape[K] };
type Flat<Shape> = { [K in keyof Shape]: Shape[K] };

/** Leaves out what is undefined, in the value and in the type: absent is absent in JSON. */
export function compact<Shape extends object>(shape: Shape): Flat<Kept<Shape> & Optional<Shape>> {
  const kept = Object.entries(shape).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Flat<Kept<Shape> & Optional<Shape>>;
}

export const instant = (wallMs: number): string => new Date(wallMs).toISOString();
