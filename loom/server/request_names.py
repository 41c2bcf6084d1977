"""What requests to providers are made of: the names that Loom knows, by what they mean for a bill.

From the providers' own types as of 2026-11. What is in none of these sets is taken for dear.
"""

PLAIN = frozenset(
    {"stream", "stream_options", "stop", "stop_sequences", "temperature", "top_k"}
    | {"top_p", "min_p", "seed", "thinking", "reasoning_effort", "verbosity"}
    | {"output_config", "output_format", "response_format", "text", "tool_choice"}
    | {"parallel_tool_calls", "function_call", "functions", "include", "instructions"}
    | {"truncation", "logit_bias", "logprobs", "top_logprobs", "frequency_penalty"}
    | {"presence_penalty", "repetition_penalty", "metadata", "user"}
    | {"safety_identifier", "store", "diagnostics", "betas", "image"}
    | {"prompt_cache_key", "prompt_cache_retention"}
)
"""Fields that name no model, change no price and bring in nothing that is not in the body."""

DECISIVE = frozenset(
    {"model", "max_tokens", "max_completion_tokens", "max_output_tokens", "n"}
    | {"best_of", "messages", "input", "system", "tools", "max_tool_calls"}
    | {"cache_control", "prompt_cache_options", "service_tier", "speed"}
    | {"inference_geo", "fallbacks", "models", "context_management", "reasoning"}
    | {"modalities", "previous_response_id", "conversation"}
)
"""Fields that are looked into."""

COSTLY = frozenset(
    {"container", "mcp_servers", "thread", "compaction", "fallback_credit_token"}
    | {"billing_policy", "user_profile_id", "workspace_id", "audio", "prediction"}
    | {"web_search_options", "moderation", "prompt", "background", "background_options"}
    | {"access_programs"}
)
"""Fields that name no model, and whose price no table of ours tells."""

OWN_WORDS = frozenset(
    {"text", "input_text", "output_text", "refusal", "message", "fallback"}
    | {"search_result", "thinking", "redacted_thinking", "reasoning", "reasoning_text"}
    | {"summary_text", "configuration_update", "tool_use", "tool_result"}
    | {"tool_reference", "tool_removal", "server_tool_use", "web_search_tool_result"}
    | {"web_search_result", "web_search_call", "function_call", "function_call_output"}
    | {"custom_tool_call", "custom_tool_call_output", "local_shell_call"}
    | {"local_shell_call_output", "shell_call", "shell_call_output", "apply_patch_call"}
    | {"apply_patch_call_output", "computer_call", "computer_call_output"}
)
"""Parts of a conversation that are no more tokens than bytes."""

PICTURES = frozenset({"image", "image_url", "input_image", "computer_screenshot"})
"""Parts that are one picture each."""

MORE_THAN_WORDS = frozenset(
    {"document", "input_file", "file"}
    | {"mcp_tool_use", "mcp_tool_result", "mcp_tool_listing", "mcp_approval_request"}
    | {"mcp_approval_response", "program", "program_output", "advisor_tool_result"}
    | {"tool_search_call", "tool_search_tool_result"}
    | {"input_audio", "container_upload"}
    | {"browser_state", "item_reference", "compaction", "image_generation_call"}
    | {"file_search_call", "code_interpreter_call", "mcp_call", "mcp_list_tools"}
    | {"web_fetch_tool_result", "web_fetch_result", "code_execution_tool_result"}
    | {"bash_code_execution_tool_result", "text_editor_code_execution_tool_result"}
)
"""Parts whose tokens their bytes do not tell: documents, and what the provider keeps."""
