// The data that the stages pass to one another.

/** The layers, highest precedence first; docs/configuration.md describes them. */
export const LAYERS = ['overrides', 'environment', 'dotenv', 'secrets', 'services', 'profile', 'defaults'] as const

/** The layer that a value comes from; {@link LAYERS} has them in order of precedence. */
export type LayerName = (typeof LAYERS)[number]

/** Where a value came from. `line` and `column` are 1-based, and absent for variables and for values given in code. */
export interface Origin {
  readonly layer: LayerName
  /** Path relative to the project root, with forward slashes; absent if the value did not come from a file. */
  readonly file?: string
  /** Name of the environment variable, or of the option that gave the value. */
  readonly name?: string
  readonly line?: number
  readonly column?: number
}

/** A text that values were read from. Lines and columns are computed only when they are asked for. */
export interface Source {
  readonly layer: LayerName
  /** As shown to the user: relative to the project root, with forward slashes. */
  readonly file?: string
  /** The variable or option, if the value did not come from a file. */
  readonly name?: string
  /** The text without a BOM and with LF for CRLF; offsets into it are in UTF-16 units. */
  readonly text?: string
  /** Whether the text may hold secrets: if so, no line of it is ever quoted in a message. */
  readonly confidential: boolean
}

/** A position in a source; without an `offset`, the source as a whole. */
export interface Site {
  readonly source: Source
  readonly offset?: number
}

export type Scalar = string | number | boolean | null

/**
 * The names of the references through which a secret reached a value, the secret itself last: `['DB', 'DATABASE_URL']`.
 * A value that has a taint is secret.
 */
export type Taint = readonly string[]

/** A variable that was substituted into a value, and where it is set; no site if it is not. */
export interface Referred {
  readonly name: string
  readonly site?: Site
}

interface NodeBase extends Site {
  readonly offset?: number
  /** The values that this node overrode, highest precedence first. */
  readonly shadowed?: readonly TreeNode[]
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: Scalar
  /**
   * `plain`: an unquoted YAML scalar; if it is a single reference, the result is typed like YAML; `quoted`: stays a
   * string; `literal`: never substituted (variables, secrets, values from code).
   */
  readonly style: 'plain' | 'quoted' | 'literal'
  /** The string that the value was typed from, if it is not in the file in that form (the value of a variable). */
  readonly text?: string
  readonly taint?: Taint
  /** The variables that were substituted into it. */
  readonly references?: readonly Referred[]
  /** The value is the opposite of what its key expects: `colors: ${COLORS}` for `no_color`. */
  readonly isNegated?: true
  /** The value before it was converted to the schema's type. */
  readonly coercedFrom?: Scalar
}

export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly TreeNode[]
  /** The string it was split from, if the schema asked for a list (`a,b`). */
  readonly coercedFrom?: Scalar
  readonly taint?: Taint
}

export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, TreeNode>
  /** The keys are list indexes, from a path such as `features[1]` in code or from `SYSTEMPROMPT__FEATURES__1`. */
  readonly isIndexed?: true
}

export type TreeNode = ScalarNode | ListNode | MapNode

/** Segments from the root of a tree: `['server', 'cors_allowed_origins', 0]`. */
export type Path = readonly (string | number)[]
