export const ROLES_DRAWN = ["pv", "home", "grid", "battery"] as const;

/** Fills for what is not sure: light for what was added up, hatched for what is not all known. */
export function Patterns({ id }: { id: string }) {
  return (
    <defs>
      {ROLES_DRAWN.map((role) => (
        <pattern key={role} id={`${id}unsure-${role}`} data-role={role} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="5" height="5" fill="var(--role)" opacity="0.16" />
          <rect width="1.5" height="5" fill="var(--role)" opacity="0.9" />
        </pattern>
      ))}
    </defs>
  );
}
