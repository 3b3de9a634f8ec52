import unittest

from cpp_source import Structure, code_only, is_coroutine, lambdas, without_comments


def names(code):
    return [function.name for function in Structure(code_only(code)).functions]


def public_methods(code):
    return {each.name: each.public_methods for each in Structure(code_only(code)).classes}


class TextTest(unittest.TestCase):
    def test_comments_and_literals_are_blanked_in_place(self):
        code = 'int x = 1; // throw\nauto s = "throw"; /* a\nb */ char c = \'{\';\n'
        blanked = code_only(code)
        self.assertEqual(len(blanked), len(code))
        self.assertEqual(blanked.count("\n"), code.count("\n"))
        self.assertNotIn("throw", blanked)
        self.assertNotIn("{", blanked)

    def test_raw_strings_and_digit_separators_are_understood(self):
        code = code_only("auto s = R\"x( \" { )x\"; int n = 1'000'000; f();")
        self.assertIn("1'000'000; f();", code)
        self.assertNotIn("{", code)

    def test_comment_marks_inside_strings_are_text(self):
        self.assertIn("after", without_comments('auto url = "http://x"; after();'))

    def test_preprocessor_lines_are_not_code(self):
        self.assertEqual(code_only("#define A(x) { \\\n    throw x\nint y;").split(), ["int", "y;"])


class FunctionsTest(unittest.TestCase):
    def test_finds_free_functions_members_operators_and_tests(self):
        code = """
            namespace polylog::log {
            template <class T> requires (N > 0) struct Box { int x{}; };
            template <class T> requires Small<T> Result<T> read(Bytes bytes) { return {}; }
            Log::Log(Env& env) : env_(env), state_{1, 2}, name_("log") { start(); }
            Log::~Log() = default;
            auto Log::find(Offset offset) const noexcept -> std::optional<Entry> { return {}; }
            bool operator==(const A& a, const B& b) { return true; }
            struct Hash { size_t operator()(Key key) const { return 1; } };
            TEST(Log, Appends) { }
            }
        """
        self.assertEqual(names(code), ["read", "Log::Log", "Log::find", "operator==",
                                       "operator()", "TEST"])

    def test_initialisers_enums_and_callback_members_are_not_functions(self):
        code = """
            enum class Kind : uint8_t { a, b };
            constexpr std::array<int, 2> kTable = {f(1), f(2)};
            std::function<void(int)> callback{nullptr};
            const auto kLater = [](int x) { return x; };
            struct Options { size_t bytes = size_t{1} << 20; Duration wait{}; };
        """
        self.assertEqual(names(code), [])

    def test_default_arguments_with_braces_belong_to_the_declaration(self):
        code = "void open(Options options = {}, int x = f({1})) { }\nint y;"
        self.assertEqual(names(code), ["open"])


class ClassesTest(unittest.TestCase):
    def test_counts_distinct_public_methods_only(self):
        code = """
            class [[nodiscard]] Log final : public Base<int> {
            public:
                Log();
                explicit Log(Options options) : options_(options) {}
                ~Log();
                Log(const Log&) = delete;
                Log& operator=(const Log&) = delete;
                bool operator==(const Log&) const = default;
                void append(Bytes bytes);
                void append(Slice slice, int x = 3) { }
                std::function<void(int)> callback;
                virtual Task<Result<void>> close() = 0;
                explicit operator bool() const { return true; }
                using Listener = std::function<void()>;
                friend void swap(Log& a, Log& b);
                struct Entry { int offset() const; };
            private:
                void hidden();
            };
        """
        self.assertEqual(public_methods(code),
                         {"Log": ["append", "close", "operator bool"], "Entry": ["offset"]})

    def test_members_of_a_struct_are_public_and_of_a_class_private(self):
        self.assertEqual(public_methods("struct A { int a(); }; class B { int b(); };"),
                         {"A": ["a"], "B": []})


class LambdasTest(unittest.TestCase):
    def test_finds_captures_and_bodies_but_not_indexing_or_attributes(self):
        code = "[[nodiscard]] int f() { x[1] = 2; g([&, this](int a) -> int { return a; }); }"
        self.assertEqual([each.captures for each in lambdas(code)], ["&, this"])

    def test_a_lambda_coroutine_does_not_make_its_surroundings_one(self):
        code = "void f() { spawn([]() -> Task<void> { co_return; }); }"
        self.assertFalse(is_coroutine(code, code.index("{"), len(code) - 1))
        inner = lambdas(code)[0]
        self.assertTrue(is_coroutine(code, inner.body, inner.end))


if __name__ == "__main__":
    unittest.main()
