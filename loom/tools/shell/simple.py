"""Simple commands with their redirections and assignments."""

import re
from typing import TYPE_CHECKING

from loom.tools.shell.blanks import BLANKS_IN_LINE, demand_no_gaps
from loom.tools.shell.expansions import argument
from loom.tools.shell.reading import Reading, Visitor
from loom.tools.shell.words import Unreadable, Word, gaps, source, table

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYWORDS = table(
    "! if then elif else fi for while until do done case esac in function select coproc { } [[ ]]"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=", re.DOTALL)
_WRITES = frozenset({">", ">>", "&>", "&>>", ">|", "<>", ">&"})
_READS = frozenset({"<", "<&"})

_STEERING = re.compile(
    r"PATH|IFS|HOME|ENV|PS[0-4]|CDPATH|GLOBIGNORE|SHELLOPTS|PROMPT_COMMAND|POSIXLY_CORRECT|SHELL"
    r"|PAGER|MANPAGER|EDITOR|VISUAL|BROWSER|LESS\w*|XDG_\w+|BASH\w*|LD_\w+|DYLD_\w+|GIT_\w+|SSH_\w+"
    r"|PYTHON\w*|NODE_\w+|NPM_\w+|npm_\w+|PERL\w*|RUBY\w*|JAVA_\w+|_JAVA_\w+|JDK_\w+|GCONV_PATH"
    r"|RUSTC\w*|CARGO\w*|CC|CXX|GO\w+|MAKEFLAGS|PIP_\w+|UV_\w+|TAR_OPTIONS|RIPGREP_CONFIG_PATH"
)


def is_keyword(name: Word) -> bool:
    """Bash may read this word as a part of its own language, not as a command."""
    return name.is_bare and name.text in _KEYWORDS


def is_steering(variable: str) -> bool:
    """Setting this variable changes which programs run, or makes them run others."""
    return _STEERING.fullmatch(variable) is not None


def _lost_dash(node: "Node") -> list[Word]:
    """The `-` of `python - <<END`, for which the grammar has no node."""
    _, *between, _ = gaps(node, node.children)
    lost = [index for index, gap in enumerate(between) if re.fullmatch(r"[ \t]+-[ \t]+", gap)]
    if lost != [0]:
        demand_no_gaps(node)
        return []
    if not all(BLANKS_IN_LINE.fullmatch(gap) for gap in between[1:]):
        raise Unreadable("something unseen beside a redirection")
    return [Word("-")]


def _command(node: "Node", reading: Reading) -> None:
    _add(_words_of(node, reading), reading)


def _words_of(node: "Node", reading: Reading) -> list[Word]:
    demand_no_gaps(node)
    words: list[Word] = []
    end = -1
    for child in node.children:
        if child.type in _BESIDE_WORDS:
            reading.visit(child)
            continue
        if child.start_byte == end:
            # The grammar has two words where bash joins them, as behind a quote: '…'\x.
            raise Unreadable("words that touch")
        end = child.end_byte
        if child.type == "command_name":
            words.append(argument(child.children[0], reading))
        else:
            words.append(argument(child, reading))
    return words


def _redirected(node: "Node", reading: Reading) -> None:
    """A statement with redirections; the grammar gives words behind one to the redirection."""
    first, rest = node.children[0], node.children[1:]
    if first.type != "command":
        return reading.branch(node)
    words = [*_words_of(first, reading), *_lost_dash(node)]
    for child in rest:
        if child.type == "file_redirect":
            words += _redirection(child, reading)
        else:
            reading.visit(child)
    _add(words, reading)
    return None


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
    demand_no_gaps(node)
    words = [Word(source(node.children[0]))]
    for child in node.children[1:]:
        if child.type == "variable_assignment":
            _assignment(child, reading)
            words.append(Word(source(child), is_static=False))
        else:
            words.append(argument(child, reading))
    plain = [given for given in words if given.is_static]
    dynamic = len(words) - len(plain) - sum(c.type == "variable_assignment" for c in node.children)
    # -n makes a name stand for another variable, -i makes values be evaluated.
    if dynamic or any("[" in given.text or re.match(r"-\w*[ni]", given.text) for given in plain):
        raise Unreadable("a declaration that may do more")
    reading.commands.append(tuple(words))


def _assignment(node: "Node", reading: Reading) -> None:
    demand_no_gaps(node)
    name, _, *value = node.children
    if name.type != "variable_name" or is_steering(source(name)):
        raise Unreadable(f"an assignment to {source(name)}")
    reading.assigned.add(source(name))
    for part in value:
        reading.visit(part)


def _loop(node: "Node", reading: Reading) -> None:
    for child in node.children:
        if child.type == "variable_name":
            if is_steering(source(child)):
                raise Unreadable(f"a loop over {source(child)}")
            reading.assigned.add(source(child))
    reading.branch(node)


def _lone_redirection(node: "Node", reading: Reading) -> None:
    if _redirection(node, reading):
        raise Unreadable("words behind a redirection")


def _redirection(node: "Node", reading: Reading) -> list[Word]:
    """Note what it writes; returns the words behind its target, which are the command's."""
    demand_no_gaps(node)
    descriptors = [child for child in node.children if child.type == "file_descriptor"]
    parts = [child for child in node.children if child not in descriptors]
    if not all(source(child).isdecimal() for child in descriptors):
        raise Unreadable("a redirection of no descriptor")
    operator, targets = parts[0].type, parts[1:]
    words = [argument(target, reading) for target in targets]
    if operator in ("<&-", ">&-"):
        return words
    if operator not in _WRITES | _READS or not words:
        raise Unreadable(f"the redirection {operator}")
    target = words[0].text
    is_descriptor = operator in (">&", "<&") and re.fullmatch(r"\d+-?|-", target)
    if operator in _WRITES and not is_descriptor:
        reading.written.append(target)
    return words[1:]


_BESIDE_WORDS = table("variable_assignment file_redirect herestring_redirect heredoc_redirect")

SIMPLE: dict[str, Visitor] = {
    "command": _command,
    "declaration_command": _declaration,
    "file_redirect": _lone_redirection,
    "for_statement": _loop,
    "redirected_statement": _redirected,
    "unset_command": _declaration,
    "variable_assignment": _assignment,
}
