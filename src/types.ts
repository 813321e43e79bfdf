/**
 * The data that the stages hand to one another.
 */

/** Highest precedence first; this order is the documented one (formats.md, section 6). */
export const LAYERS = ['overrides', 'environment', 'dotenv', 'secrets', 'services', 'profile', 'defaults'] as const

/** Where values come from; {@link LAYERS} has their order. */
export type LayerName = (typeof LAYERS)[number]

/** Where a value came from. `line` and `column` are 1-based and absent for variables and values given in code. */
export interface Origin {
  readonly layer: LayerName
  /** Path relative to the project root, with forward slashes. */
  readonly file?: string
  /** Name of the environment variable, or of the option that gave the value. */
  readonly name?: string
  readonly line?: number
  readonly column?: number
}

/** One text that values were read from. Lines and columns are worked out of it only when somebody asks. */
export interface Source {
  readonly layer: LayerName
  /** As shown to the user: relative to the project root, with forward slashes. */
  readonly file?: string
  /** The variable or option, where the value did not come from a file. */
  readonly name?: string
  /** The text, one BOM dropped and CRLF turned into LF; offsets count UTF-16 units in it. */
  readonly text?: string
  /** The text may hold secrets: no line of it is ever quoted in a message. */
  readonly confidential: boolean
}

/** A place in a source. Absent `offset`: the source as a whole. */
export interface Site {
  readonly source: Source
  readonly offset?: number
}

export type Scalar = string | number | boolean | null

/**
 * The names of the references through which a secret reached a value, the secret itself last:
 * `['DB', 'DATABASE_URL']`. Its presence is what makes a value secret.
 */
export type Taint = readonly string[]

interface NodeBase extends Site {
  readonly offset?: number
  /** What this node overrode, highest precedence first. */
  readonly shadowed?: readonly TreeNode[]
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly value: Scalar
  /**
   * `plain`: an unquoted YAML scalar, a lone reference in it takes the type its text has;
   * `quoted`: stays text; `literal`: never substituted (variables, secrets, values from code).
   */
  readonly style: 'plain' | 'quoted' | 'literal'
  /** The text the value was typed from, where that text is not in the file as it stands (a variable's). */
  readonly text?: string
  readonly taint?: Taint
  /** Names of the variables that were substituted into it. */
  readonly references?: readonly string[]
  /** It says the opposite of what its key wants: `colors: ${COLORS}` for `no_color`. */
  readonly isNegated?: true
  /** The value before the schema's type was applied to it. */
  readonly coercedFrom?: Scalar
}

export interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly TreeNode[]
  /** The text it was split from, when the schema asked for a list (`a,b`). */
  readonly coercedFrom?: Scalar
  readonly taint?: Taint
}

export interface MapNode extends NodeBase {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, TreeNode>
  /** The keys are indexes of a list: of a path such as `features[1]` in code, or of `SYSTEMPROMPT__FEATURES__1`. */
  readonly isIndexed?: true
}

export type TreeNode = ScalarNode | ListNode | MapNode

/** Segments from the root of a tree: `['server', 'cors_allowed_origins', 0]`. */
export type Path = readonly (string | number)[]
