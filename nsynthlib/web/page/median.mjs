/** The middle one of some numbers; of two middle ones the larger. */
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
