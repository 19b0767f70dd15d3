// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace chronik::simulation {

/// Figures as the acceptance list reads them.
class figure_report {
public:
    explicit figure_report(std::string program) : program_(std::move(program)) {}

    void add(std::string const& name, std::string const& value) {
        figures_ += (figures_.empty() ? "" : ", ") + quoted(name) + ": " + quoted(value);
    }
    void ended(std::string const& scenario, bool passed, double seconds) {
        std::array<char, 32> number{};
        std::snprintf(number.data(), number.size(), "%.3f", seconds);
        scenarios_ += (scenarios_.empty() ? "" : ", ") + quoted(scenario) + ": {\"passed\": " +
                      (passed ? "true" : "false") + ", \"seconds\": " + number.data() + "}";
    }
    /// False if it could not be written.
    bool write() const {
        char const* const folder = std::getenv("CHRONIK_REPORT");
        if (folder == nullptr) return true;
        std::error_code problem;
        std::filesystem::create_directories(folder, problem);
        std::ofstream file{std::filesystem::path{folder} / (program_ + ".json")};
        file << "{\"program\": " << quoted(program_) << ", \"scenarios\": {" << scenarios_ << "}, \"figures\": {"
             << figures_ << "}}\n";
        return static_cast<bool>(file.flush());
    }

private:
    /// No text here has a character that JSON escapes.
    static std::string quoted(std::string const& text) { return "\"" + text + "\""; }

    std::string program_;
    std::string figures_;
    std::string scenarios_;
};

}  // namespace chronik::simulation
