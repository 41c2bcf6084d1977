"""The simple commands, redirections and literals of a shell line's syntax tree.

Every kind of node is known or refused: what is not in these tables makes the line unreadable, and
so do gaps between nodes that hold more than blanks. The grammar is more lenient than bash; where
the two are known to differ, the line is refused as well.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from loom.tools.shell.words import Unreadable, Word, demand_literal, gaps, source, table, word

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ODD_BLANK = re.compile(r"[^\S \t\n]|[\0\x1c-\x1f\x85]")
# The grammar takes a backslash at the end of a line for a blank; bash takes it for nothing.
_BLANKS_IN_LINE = re.compile(r"(?:(?:\\\n)*[ \t](?:[ \t]|\\\n)*)?")
_BLANKS = re.compile(r"(?:(?:\\\n)*[ \t\n](?:[ \t\n]|\\\n)*)?")
_KEYWORDS = table(
    "! if then elif else fi for while until do done case esac in function select coproc { } [[ ]]"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\w+|[@*#?$!-])", re.ASCII)
_PLAIN_EXPANSION = re.compile(
    r"\$\{#?(\w+|[@*#?$!-])(?:\[(?:[@*]|\d+)\])?"
    r"(?:(?::?[-+?]|%%?|\#\#?|/[/#%]?|\^\^?|,,?)[^$`<>(){}\\'\"]*|:\d+(?::\d+)?)?\}"
)
_NUMBERS_ONLY = re.compile(r"\$\(\([\d \t+*/%()<>=!&|^~?:,-]*\)\)")
_INTEGER = re.compile(r"-?\d{1,18}|\$[#?]")
_COMPARISONS = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge"})
_WRITES = frozenset({">", ">>", "&>", "&>>", ">|", "<>", ">&"})
_READS = frozenset({"<", "<&"})

_STEERING = re.compile(
    r"PATH|IFS|HOME|ENV|PS[0-4]|CDPATH|GLOBIGNORE|SHELLOPTS|PROMPT_COMMAND|POSIXLY_CORRECT|SHELL"
    r"|PAGER|MANPAGER|EDITOR|VISUAL|BROWSER|LESS\w*|XDG_\w+|BASH\w*|LD_\w+|DYLD_\w+|GIT_\w+|SSH_\w+"
    r"|PYTHON\w*|NODE_\w+|NPM_\w+|npm_\w+|PERL\w*|RUBY\w*|JAVA_\w+|_JAVA_\w+|JDK_\w+|GCONV_PATH"
    r"|RUSTC\w*|CARGO\w*|CC|CXX|GO\w+|MAKEFLAGS|PIP_\w+|UV_\w+|TAR_OPTIONS|RIPGREP_CONFIG_PATH"
)


@dataclass
class Reading:
    """What was found in a line.

    Attributes:
        commands: simple commands, assignments left out, in the order they are written.
        written: files that redirections write to.
        literals: every word and assigned value; what `stays_in` looks for paths in.
        assigned: names of variables set in the line.
        used: names of variables expanded in it.
        is_computed: some word depends on the output of a command.
    """

    commands: list[tuple[Word, ...]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    literals: list[str] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    is_computed: bool = False


def read(line: str) -> Reading:
    """The simple commands of `line`. Raises Unreadable."""
    if _ODD_BLANK.search(line):
        raise Unreadable("blanks that bash does not take for blanks")
    try:
        root = _parser().parse(line.encode()).root_node
    except UnicodeEncodeError as error:
        raise Unreadable("half a character") from error
    if root.has_error:
        raise Unreadable("a syntax error")
    reading = Reading()
    _visit(root, reading)
    return reading


@lru_cache(maxsize=1)
def _parser() -> "Parser":
    # Some 10 ms that only a session that runs commands should pay.
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def is_keyword(name: Word) -> bool:
    """Bash may read this word as a part of its own language, not as a command."""
    return name.is_bare and name.text in _KEYWORDS


def is_steering(variable: str) -> bool:
    """Setting this variable changes which programs run, or makes them run others."""
    return _STEERING.fullmatch(variable) is not None


def _visit(node: "Node", reading: Reading) -> None:
    visitor = _VISITORS.get(node.type)
    if visitor is None:
        raise Unreadable(f"a part of kind {node.type}")
    visitor(node, reading)


def _branch(node: "Node", reading: Reading) -> None:
    _demand_no_gaps(node)
    for child in node.children:
        if child.is_named:
            _visit(child, reading)


def _demand_no_gaps(node: "Node") -> None:
    blanks = _BLANKS if node.type in _OVER_LINES else _BLANKS_IN_LINE
    if not all(blanks.fullmatch(gap) for gap in gaps(node, node.children)):
        raise Unreadable(f"something unseen in a {node.type}")


def _name(node: "Node", reading: Reading) -> None:
    """Names nothing that is run; who looks at it, its parent does."""


def _comment(node: "Node", reading: Reading) -> None:
    # Within a word `#` is a plain character; the grammar may miss that after a backslash.
    before = (
        (node.parent.text or b"")[: node.start_byte - node.parent.start_byte]
        if node.parent
        else b""
    )
    if re.search(rb"\\[ \t\n]$|[^ \t\n;&|()]$", before):
        raise Unreadable("a comment that may be none")


def _literal(node: "Node", reading: Reading) -> None:
    reading.literals.append(word(node).text)
    _inside(node, reading)


def _inside(node: "Node", reading: Reading) -> None:
    """Visit what a word expands."""
    for child in (node, *node.children):
        if child.type in _EXPANSIONS:
            _VISITORS[child.type](child, reading)
        elif child is not node and child.type in ("string", "concatenation"):
            _inside(child, reading)


def _lost_dash(node: "Node") -> list[Word]:
    """The `-` of `python - <<END`, for which the grammar has no node."""
    _, *between, _ = gaps(node, node.children)
    lost = [index for index, gap in enumerate(between) if re.fullmatch(r"[ \t]+-[ \t]+", gap)]
    if lost != [0]:
        _demand_no_gaps(node)
        return []
    if not all(_BLANKS_IN_LINE.fullmatch(gap) for gap in between[1:]):
        raise Unreadable("something unseen beside a redirection")
    return [Word("-")]


def _command(node: "Node", reading: Reading) -> None:
    _add(_words_of(node, reading), reading)


def _words_of(node: "Node", reading: Reading) -> list[Word]:
    _demand_no_gaps(node)
    words: list[Word] = []
    for child in node.children:
        if child.type in _BESIDE_WORDS:
            _visit(child, reading)
        elif child.type == "command_name":
            words.append(_argument(child.children[0], reading))
        else:
            words.append(_argument(child, reading))
    return words


def _redirected(node: "Node", reading: Reading) -> None:
    """A statement with redirections; the grammar gives words behind one to the redirection."""
    first, rest = node.children[0], node.children[1:]
    if first.type != "command":
        return _branch(node, reading)
    words = [*_words_of(first, reading), *_lost_dash(node)]
    for child in rest:
        if child.type == "file_redirect":
            words += _redirection(child, reading)
        else:
            _visit(child, reading)
    _add(words, reading)
    return None


def _argument(node: "Node", reading: Reading) -> Word:
    if not node.is_named:
        if node.type not in ("==", "=~", "="):
            raise Unreadable(f"the argument {node.type}")
        return Word(node.type)
    if re.fullmatch(r"\{\w+\}", source(node)):
        # Before a redirection bash takes it for a variable, and the command does not get it.
        raise Unreadable("a name in braces")
    _literal(node, reading)
    return word(node)


def _add(words: list[Word], reading: Reading) -> None:
    if not words:
        return
    name = words[0]
    if not name.is_static:
        raise Unreadable("a command whose name only the shell will know")
    if is_keyword(name) or (name.is_bare and _ASSIGNMENT.match(name.text)):
        raise Unreadable(f"{name.text} where a command is expected")
    reading.commands.append(tuple(words))


def _declaration(node: "Node", reading: Reading) -> None:
    """`export`, `declare` and their like, and `unset`: what they name must be plain."""
    _demand_no_gaps(node)
    words = [Word(source(node.children[0]))]
    for child in node.children[1:]:
        if child.type == "variable_assignment":
            _assignment(child, reading)
            words.append(Word(source(child), is_static=False))
        else:
            words.append(_argument(child, reading))
    plain = [given for given in words if given.is_static]
    dynamic = len(words) - len(plain) - sum(c.type == "variable_assignment" for c in node.children)
    # -n makes a name stand for another variable, -i makes values be evaluated.
    if dynamic or any("[" in given.text or re.match(r"-\w*[ni]", given.text) for given in plain):
        raise Unreadable("a declaration that may do more")
    reading.commands.append(tuple(words))


def _assignment(node: "Node", reading: Reading) -> None:
    _demand_no_gaps(node)
    name, _, *value = node.children
    if name.type != "variable_name" or is_steering(source(name)):
        raise Unreadable(f"an assignment to {source(name)}")
    reading.assigned.add(source(name))
    for part in value:
        _visit(part, reading)


def _loop(node: "Node", reading: Reading) -> None:
    for child in node.children:
        if child.type == "variable_name":
            if is_steering(source(child)):
                raise Unreadable(f"a loop over {source(child)}")
            reading.assigned.add(source(child))
    _branch(node, reading)


def _block(node: "Node", reading: Reading) -> None:
    if node.children[0].type != "{":
        # Arithmetic evaluates what its variables hold, down to command substitutions.
        raise Unreadable("arithmetic")
    _branch(node, reading)


def _test(node: "Node", reading: Reading) -> None:
    opening = node.children[0].type
    if opening not in ("[", "[["):
        raise Unreadable("arithmetic")
    _demand_no_gaps(node)
    for child in node.children:
        if child.is_named:
            _condition(child, reading, is_evaluated=opening == "[[")


def _condition(node: "Node", reading: Reading, is_evaluated: bool) -> None:
    if node.type not in _CONDITIONS:
        return _visit(node, reading)
    _demand_no_gaps(node)
    operators = {source(child) for child in node.children if not _is_operand(child)}
    operands = [child for child in node.children if _is_operand(child)]
    if operators & {"-v", "-R"}:
        raise Unreadable("a test of a variable by its name")
    are_integers = all(_INTEGER.fullmatch(source(operand).strip('"')) for operand in operands)
    if is_evaluated and operators & _COMPARISONS and not are_integers:
        raise Unreadable("a comparison that evaluates its operands")
    for operand in operands:
        if (
            not is_evaluated
            and operand.type in _EXPANSIONS
            and not _INTEGER.fullmatch(source(operand))
        ):
            raise Unreadable("a test whose words only the shell will know")
        _condition(operand, reading, is_evaluated)
    return None


def _is_operand(node: "Node") -> bool:
    return node.is_named and node.type != "test_operator"


def _variable(node: "Node", reading: Reading) -> None:
    # The grammar lets blanks stand between the dollar sign and a name; bash sees two words there.
    if not _VARIABLE.fullmatch(source(node)):
        raise Unreadable("a dollar sign by itself")
    reading.used.add(source(node)[1:])


def _expansion(node: "Node", reading: Reading) -> None:
    plain = _PLAIN_EXPANSION.fullmatch(source(node))
    if plain is None:
        raise Unreadable("an expansion that may do more than insert a value")
    reading.used.add(plain[1])
    reading.literals.append(source(node)[2:-1])


def _arithmetic(node: "Node", reading: Reading) -> None:
    if not _NUMBERS_ONLY.fullmatch(source(node)):
        raise Unreadable("arithmetic with variables")


def _substitution(node: "Node", reading: Reading) -> None:
    reading.is_computed = True
    if source(node).startswith("`") and "\\" in source(node):
        raise Unreadable("a backslash between backquotes")
    _branch(node, reading)


def _lone_redirection(node: "Node", reading: Reading) -> None:
    if _redirection(node, reading):
        raise Unreadable("words behind a redirection")


def _redirection(node: "Node", reading: Reading) -> list[Word]:
    """Note what it writes; returns the words behind its target, which are the command's."""
    _demand_no_gaps(node)
    descriptors = [child for child in node.children if child.type == "file_descriptor"]
    parts = [child for child in node.children if child not in descriptors]
    if not all(source(child).isdecimal() for child in descriptors):
        raise Unreadable("a redirection of no descriptor")
    operator, targets = parts[0].type, parts[1:]
    words = [_argument(target, reading) for target in targets]
    if operator in ("<&-", ">&-"):
        return words
    if operator not in _WRITES | _READS or not words:
        raise Unreadable(f"the redirection {operator}")
    target = words[0].text
    is_descriptor = operator in (">&", "<&") and re.fullmatch(r"\d+-?|-", target)
    if operator in _WRITES and not is_descriptor:
        reading.written.append(target)
    return words[1:]


def _here_document(node: "Node", reading: Reading) -> None:
    _demand_no_gaps(node)
    kinds = [child.type for child in node.children]
    if kinds.count("heredoc_start") != 1 or kinds.count("heredoc_body") != 1:
        raise Unreadable("a here-document")
    written = source(node.children[kinds.index("heredoc_start")])
    delimiter = re.sub(r"['\"\\]", "", written)
    _demand_end(node, kinds, delimiter)
    for child in node.children:
        if child.type == "heredoc_body":
            if delimiter == written:
                _here_body(child, reading)
        elif child.is_named and child.type not in ("heredoc_start", "heredoc_end"):
            if child.type in _WORDS:
                raise Unreadable("a word behind a here-document")
            _visit(child, reading)


def _demand_end(node: "Node", kinds: list[str], delimiter: str) -> None:
    """The grammar and bash must agree on the line where the document ends."""
    if not re.fullmatch(r"\w+", delimiter):
        raise Unreadable("the end of a here-document")
    body = source(node.children[kinds.index("heredoc_body")])
    is_indented = node.children[0].type == "<<-"
    lines = [line.lstrip("\t") if is_indented else line for line in body.split("\n")]
    last = lines.pop()
    if last or delimiter in lines or node.children[-1].type != "heredoc_end":
        raise Unreadable("the end of a here-document")


def _here_body(node: "Node", reading: Reading) -> None:
    children = [child for child in node.children if child.type in _EXPANSIONS]
    for text in gaps(node, children):
        demand_literal(text.replace('"', ""))
    for child in children:
        _visit(child, reading)


_EXPANSIONS = {
    "simple_expansion": _variable,
    "expansion": _expansion,
    "arithmetic_expansion": _arithmetic,
    "command_substitution": _substitution,
    "process_substitution": _substitution,
}
_REDIRECTIONS = {
    "file_redirect": _lone_redirection,
    "herestring_redirect": _branch,
    "heredoc_redirect": _here_document,
}
_WORDS = dict.fromkeys(
    table(
        "word number string raw_string ansi_c_string concatenation brace_expression "
        "extglob_pattern test_operator regex"
    ),
    _literal,
)
_CONDITIONS = frozenset({"binary_expression", "unary_expression", "parenthesized_expression"})
_BESIDE_WORDS = frozenset({"variable_assignment", *_REDIRECTIONS})

_BRANCHES = table(
    "program list pipeline subshell do_group array if_statement elif_clause else_clause "
    "while_statement function_definition case_statement case_item"
)
_OVER_LINES = _BRANCHES | table(
    "for_statement compound_statement heredoc_redirect command_substitution process_substitution"
)
"""Kinds of node within which the end of a line ends nothing."""

_VISITORS: dict[str, Callable[["Node", Reading], None]] = {
    **dict.fromkeys(_BRANCHES, _branch),
    "negated_command": _branch,
    "variable_assignments": _branch,
    **_EXPANSIONS,
    **_REDIRECTIONS,
    **_WORDS,
    "command": _command,
    "redirected_statement": _redirected,
    "compound_statement": _block,
    "for_statement": _loop,
    "test_command": _test,
    "declaration_command": _declaration,
    "unset_command": _declaration,
    "variable_assignment": _assignment,
    "comment": _comment,
    "variable_name": _name,
}
