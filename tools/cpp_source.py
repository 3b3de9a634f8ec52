"""Reads C++ just well enough to check house rules: comments, functions, classes, lambdas.

Not a compiler: it follows brackets, which is exact as long as macros keep theirs balanced.
Everything works on positions in the text, so that findings can name their line.
"""

import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      | (?P<raw>\b(?:u8|[uUL])?R"(?P<fence>[^()\\\s]{0,16})\(.*?\)(?P=fence)")
      | (?P<string>"(?:\\.|[^"\\\n])*"|(?<!\w)'(?:\\.|[^'\\\n])*')
      | (?P<number>\b\d(?:'?[\w.])*)""",
    re.VERBOSE | re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
CLOSING = {"(": ")", "[": "]", "{": "}"}
COROUTINE_WORD = re.compile(r"\bco_(?:await|return|yield)\b")


def _spaces(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text):
    """The text with comments replaced by spaces; positions stay what they were."""
    return TOKEN.sub(lambda m: _spaces(m[0]) if m["comment"] else m[0], text)


def code_only(text):
    """The text with comments, the insides of literals and preprocessor lines replaced by spaces."""
    def blank(match):
        if match["comment"]:
            return _spaces(match[0])
        if match["raw"] or match["string"]:
            return match[0][0] + _spaces(match[0][1:-1]) + match[0][-1]
        return match[0]
    return DIRECTIVE.sub(lambda m: _spaces(m[0]), TOKEN.sub(blank, text))


def comments(text):
    """(position, comment) of every comment."""
    return [(m.start(), m[0]) for m in TOKEN.finditer(text) if m["comment"]]


def closing_bracket(code, opening):
    """The position of the bracket that closes the one at `opening`, or the end of the code."""
    bracket, depth = code[opening], 0
    for position in range(opening, len(code)):
        if code[position] == bracket:
            depth += 1
        elif code[position] == CLOSING[bracket]:
            depth -= 1
            if depth == 0:
                return position
    return len(code)


@dataclass
class Function:
    name: str
    parameters: str
    start: int        # of the declaration
    body: int         # of the opening brace
    end: int          # of the closing brace


@dataclass
class Class:
    name: str
    start: int
    public_methods: list = field(default_factory=list)  # distinct names; overloads count once


@dataclass
class Lambda:
    captures: str
    start: int
    body: int
    end: int


def without_template_arguments(text):
    while (shorter := re.sub(r"<[^<>]*>", " ", text)) != text:
        text = shorter
    return text


def _collapse(head):
    """A declaration with template arguments and the insides of parentheses removed: `f() const`."""
    collapsed, depth = [], 0
    for character in head:
        depth -= character == ")"
        if depth == 0:
            collapsed.append(character)
        depth += character == "("
    text = re.sub(r"\[\[.*?\]\]", " ", "".join(collapsed), flags=re.DOTALL)
    text = re.sub(r"\boperator\s*(\(\)|\[\]|[^\s\w(]+)", _name_operator, text)
    text = text.replace("->", " ").replace("<=", " ").replace(">=", " ")
    text = without_template_arguments(text)
    text = re.sub(r"\b(alignas|decltype|noexcept|explicit|requires)\s*\(\)", r"\1", text)
    return re.sub(r"^\s*(template\s+)+", " ", text).strip()


def _name_operator(match):
    """`operator==` as one word: `==` would read as an assignment, `<` as a template argument."""
    return "operator_" + "_".join(f"{ord(character):x}" for character in match[1])


def _operator_name(match):
    return "operator" + "".join(chr(int(code, 16)) for code in match[1][1:].split("_"))


def _kind(head):
    """What the block after a declaration is; other is an enum or an initialiser."""
    text = _collapse(head)
    if re.match(r"(inline\s+)?namespace\b|extern\s+\"", text):
        return "namespace"
    if re.match(r"enum\b", text):
        return "other"
    if "()" not in re.sub(r"\)\s*\(", ")", text):
        is_class = re.search(r"\b(class|struct|union)\b", text) and "=" not in text
        return "class" if is_class else "other"
    if "=" in text.split("()")[0] or re.search(r"\)\s*=", text):
        return "other"
    in_initialisers = re.search(r"\)[^:]*[^:]:[^:]|\)\s*:[^:]", text + " ")
    if in_initialisers and re.search(r"[\w>]$", head.rstrip()):
        return "other"
    return "function"


def _function_name(head):
    text = _collapse(head)
    match = re.search(r"(operator\s[\w\s&*:]+?|~?[\w:~]+)\s*\(\)", text)
    name = re.sub(r"\s+", " ", match[1]) if match else ""
    return re.sub(r"operator((?:_[0-9a-f]{2})+)$", _operator_name, name)


def _parameters(head):
    """The text between a function's parentheses."""
    name = _function_name(head).split("::")[-1]
    match = re.search(re.escape(name).replace(r"\ ", r"\s+") + r"\s*\(", head)
    if name.startswith("operator") and not match:
        match = re.search(r"operator\s*(\(\s*\)|[^\s(]+)\s*\(", head)
    if not match:
        return ""
    opening = match.end() - 1
    return head[opening + 1:closing_bracket(head, opening)]


def _class_name(head):
    match = re.search(r"\b(?:class|struct|union)\s+(?:alignas\s+)?([\w:]+)", _collapse(head))
    return match[1] if match else "(unnamed)"


class Structure:
    """The functions and classes of a file."""

    def __init__(self, code):
        self.code = code
        self.functions = []
        self.classes = []
        self._scan(0, len(code), None, "public")

    def _scan(self, start, end, owner, access):
        head, position = start, start
        while position < end:
            character = self.code[position]
            if character == "(":
                position = closing_bracket(self.code, position)
            elif character == ";":
                self._declare(owner, access, self.code[head:position])
                head = position + 1
            elif character == ":" and (word := self.code[head:position].strip()) in (
                    "public", "protected", "private"):
                access, head = word, position + 1
            elif character == "{":
                close = closing_bracket(self.code, position)
                if self._block(head, position, close, owner, access):
                    head = close + 1
                position = close
            position += 1

    def _block(self, head_start, opening, close, owner, access):
        """Takes in one braced block; False when the declaration goes on after it."""
        head = self.code[head_start:opening]
        start = head_start + len(head) - len(head.lstrip())
        kind = _kind(head)
        if kind == "namespace":
            self._scan(opening + 1, close, None, "public")
        elif kind == "class":
            found = Class(_class_name(head), start)
            self.classes.append(found)
            is_class = re.search(r"\bclass\b", _collapse(head)) is not None
            self._scan(opening + 1, close, found, "private" if is_class else "public")
        elif kind == "function":
            self._declare(owner, access, head)
            self.functions.append(
                Function(_function_name(head), _parameters(head), start, opening, close))
        return kind != "other"

    def _declare(self, owner, access, head):
        if owner is None or access != "public":
            return
        text = _collapse(head)
        if re.match(r"(friend|using|typedef|static_assert|class|struct|enum)\b", text):
            return
        if "()" not in text or "=" in text.split("()")[0]:
            return
        if re.search(r"=\s*(default|delete)$", text):
            return
        name = _function_name(head)
        if name.lstrip("~") == owner.name.split("::")[-1] or name == "operator=":
            return
        if name and name not in owner.public_methods:
            owner.public_methods.append(name)


def lambdas(code, start=0, end=None):
    """Every lambda between the positions, outer ones before the ones inside them."""
    found = []
    for match in re.finditer(r"\[", code[start:end]):
        position = start + match.start()
        before = code[:position].rstrip()
        is_index = re.search(r"[\w)\]\"']$", before) and not re.search(r"\b(co_)?return$", before)
        if is_index or code.startswith("[[", position) or before.endswith("["):
            continue
        close = closing_bracket(code, position)
        rest = re.compile(r"\s*(<[^;{}()]*>)?\s*").match(code, close + 1).end()
        if code.startswith("(", rest):
            rest = closing_bracket(code, rest) + 1
        body = re.compile(r"[\w\s:<>,&*]*(?:->[\w\s:<>,&*]*)?").match(code, rest).end()
        if code.startswith("{", body):
            found.append(Lambda(code[position + 1:close].strip(), position, body,
                                closing_bracket(code, body)))
    return found


def is_coroutine(code, body, end):
    """Whether the body is a coroutine's; the lambdas inside it do not count."""
    own = code[body:end]
    for inner in lambdas(code, body + 1, end):
        own = own[:inner.body - body] + " " * (inner.end - inner.body) + own[inner.end - body:]
    return COROUTINE_WORD.search(own) is not None
